import type { Logger } from '@sluice/service';
import { messageOf } from '@sluice/service';
import type { Configuration } from './configuration/index.ts';

/** What is watched, and where what happens is said. */
export interface StoreWatchOptions {
  readonly configuration: Pick<Configuration, 'refresh'>;
  readonly log: Logger;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
}

/** Looks at the store now and then: hears of what other processes stored, and whether it can be reached at all. */
export class StoreWatch {
  readonly #options: StoreWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #failure: string | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? 2_000);
    this.#timer.unref();
  }

  /** Why the store could not be reached the last time; undefined when it could. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Looks now. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Waits for a look that is under way. May be called again. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { configuration, log } = this.#options;
    try {
      await configuration.refresh();
      if (this.#failure !== undefined) log.info('the store can be reached again');
      this.#failure = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#failure === undefined) log.error('the store cannot be reached; what runs goes on', { reason });
      this.#failure = reason;
    }
  }
}
