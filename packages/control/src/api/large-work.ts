import { Turns } from '@sluice/service';
import { Refusal, tooMany } from './refusal.ts';

/** A request that may do large work. */
export interface LargePlace {
  /** Does the work when its turn comes. Rejects with a Refusal when too many are waiting. */
  turn<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the place back, so that the caller may send another request. May be called again. */
  leave(): void;
}

const mostOfOneCaller = 2;
/** Besides the one that runs. */
const mostWaiting = 7;

/** Work on whole configurations runs one piece at a time in this process, so that several need no more memory than one. */
export class LargeWork {
  readonly #turns = new Turns({ mostWaiting, refuse: tooManyWaiting });
  readonly #callers = new Map<string, number>();

  /** Takes a place, from before the body is read until the answer is sent. Throws a Refusal when the caller has too many. */
  enter(caller: string): LargePlace {
    const before = this.#callers.get(caller) ?? 0;
    if (before >= mostOfOneCaller) {
      throw tooMany(
        `A caller may have at most ${mostOfOneCaller} requests about a whole configuration at a time`,
        retrySoonSeconds,
      );
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

const retrySoonSeconds = 2;

function tooManyWaiting(): Refusal {
  const message = 'Too many requests about a whole configuration are waiting: try again.';
  return new Refusal('SERVICE_UNAVAILABLE', { message, headers: { 'retry-after': String(retrySoonSeconds) } });
}
