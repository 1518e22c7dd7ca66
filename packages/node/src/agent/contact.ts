import type { Clock, Logger } from '@sluice/service';
import { ControlError } from '@sluice/model';

/** What a node asks of control: changes, or to take its reports. */
export type Errand = 'changes' | 'reports';

/** A shorter silence is the restart of a control process, and not logged. In milliseconds. */
const silenceMs = 10_000;
/** Time between two reminders that control refuses this node, in milliseconds. */
const reminderMs = 300_000;

/** Knows whether control can be reached, and logs each change once. */
export class Contact {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onTurn: () => void;
  readonly #misunderstood = new Set<Errand>();
  #last: number;
  #lost = false;
  #refusedAt: number | undefined;
  #answered = false;

  /** `onTurn` is called whenever `connected` changes. */
  constructor(clock: Clock, log: Logger, onTurn: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#onTurn = onTurn;
    this.#last = clock.monotonic();
  }

  /** Whether control answered the last time it was asked. */
  get connected(): boolean {
    return this.#answered;
  }

  /** Control answered as it should. */
  made(errand: Errand): void {
    const awayMs = Math.round(this.#clock.monotonic() - this.#last);
    if (this.#misunderstood.delete(errand)) this.#log.info('the control plane sends valid answers again', { errand });
    if (this.#refusedAt !== undefined) this.#log.info('the control plane accepts this node again');
    else if (this.#lost) this.#log.info('the control plane is reachable again', { awayMs });
    this.#last = this.#clock.monotonic();
    this.#lost = false;
    this.#refusedAt = undefined;
    this.#setAnswered(true);
  }

  /** Control did not answer, or not as it should. */
  failed(errand: Errand, error: unknown): void {
    const now = this.#clock.monotonic();
    this.#setAnswered(false);
    const failure = error instanceof ControlError ? error.failure : 'garbage';
    if (failure === 'unauthorized') this.#refused(error, now);
    else if (failure === 'garbage') this.#garbled(errand, error);
    else if (!this.#lost && now - this.#last >= silenceMs) {
      this.#lost = true;
      this.#log.warn('the control plane has not answered for 10 s; the current configuration stays in use', { error });
    }
  }

  #setAnswered(isAnswered: boolean): void {
    if (this.#answered === isAnswered) return;
    this.#answered = isAnswered;
    this.#onTurn();
  }

  #refused(error: unknown, now: number): void {
    if (this.#refusedAt !== undefined && now - this.#refusedAt < reminderMs) return;
    this.#refusedAt = now;
    this.#log.error(
      'the control plane refuses this node: check the join token or the client certificate on both sides, and the name of the node; the current configuration stays in use',
      { error },
    );
  }

  #garbled(errand: Errand, error: unknown): void {
    if (this.#misunderstood.has(errand)) return;
    this.#misunderstood.add(errand);
    this.#log.error('the control plane sent an invalid answer; the current configuration stays in use', {
      errand,
      error,
    });
  }
}
