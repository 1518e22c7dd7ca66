import { Turns } from '@sluice/service';
import { Refusal } from './refusal.ts';

/** A request that may do large work. */
export interface LargePlace {
  /** Does the work when its turn comes. Rejects with a Refusal when too many wait already. */
  turn<T>(work: () => Promise<T>): Promise<T>;
  /** Lets the caller send another. May be called again. */
  leave(): void;
}

const mostOfOneCaller = 2;
/** Besides the one that runs. */
const mostWaiting = 7;

/** Work on whole configurations: one piece at a time in this process, so that several cost no more memory than one. */
export class LargeWork {
  readonly #turns = new Turns({ mostWaiting, refuse: tooManyWaiting });
  readonly #callers = new Map<string, number>();

  /** From before the body is read until the answer has gone out. Throws a Refusal when the caller has enough under way. */
  enter(caller: string): LargePlace {
    const before = this.#callers.get(caller) ?? 0;
    if (before >= mostOfOneCaller) {
      const message = `At most ${mostOfOneCaller} requests about a whole configuration at a time for each caller.`;
      throw new Refusal('RATE_LIMIT_EXCEEDED', { message, headers: retrySoon });
    }
    this.#callers.set(caller, before + 1);
    let isIn = true;
    return {
      turn: (work) => this.#turns.run(work),
      leave: () => {
        if (isIn) this.#leave(caller);
        isIn = false;
      },
    };
  }

  #leave(caller: string): void {
    const left = (this.#callers.get(caller) ?? 1) - 1;
    if (left === 0) this.#callers.delete(caller);
    else this.#callers.set(caller, left);
  }
}

const retrySoon = { 'retry-after': '2' };

function tooManyWaiting(): Refusal {
  const message = 'Too many requests about a whole configuration are waiting: try again.';
  return new Refusal('SERVICE_UNAVAILABLE', { message, headers: retrySoon });
}
