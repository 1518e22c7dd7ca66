import { LastCheck, messageOf, Turns } from '@sluice/service';
import type { Clock, Dependency, Logger } from '@sluice/service';
import type { Configuration } from '../configuration/index.ts';

/** Settings of a watch. */
export interface StoreWatchOptions {
  readonly configuration: Pick<Configuration, 'refresh'>;
  readonly log: Logger;
  /** Milliseconds between two reads. */
  readonly everyMs?: number;
  readonly clock?: Clock;
}

/** Reads the configuration every two seconds: so this process learns of the changes of others, and whether the store answers. */
export class StoreWatch {
  readonly #options: StoreWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #turns = new Turns();
  readonly #check: LastCheck;
  #failure: string | undefined;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#check = new LastCheck(options.clock);
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? 2_000);
    this.#timer.unref();
  }

  /** Why the last read failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** How the store answered last. Reading it asks the store nothing. */
  health(): Dependency {
    return this.#check.health('store');
  }

  /** Reads now. Never rejects. */
  look(): Promise<void> {
    // A store that hangs gathers no looks that wait.
    return this.#turns.shared(() => this.#look());
  }

  /** Waits for a read that is under way. May be called again. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#turns.idle();
  }

  async #look(): Promise<void> {
    const { configuration, log } = this.#options;
    try {
      await this.#check.run(() => configuration.refresh());
      if (this.#failure !== undefined) log.info('the store answers again');
      this.#failure = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#failure === undefined) log.error('the store does not answer; the gateway keeps serving', { reason });
      this.#failure = reason;
    }
  }
}
