import { StoreUnavailableError } from './store.ts';

/** Lets one task run at a time, in the order in which they came. */
export class Turns {
  readonly #waitMs: number;
  #last: Promise<void> = Promise.resolve();

  /** `waitMs`: how long a task waits for its turn before it is refused, in milliseconds. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Runs a task when all before it are over. Rejects with a StoreUnavailableError when that takes too long. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const own = Promise.withResolvers<void>();
    this.#last = own.promise;
    try {
      await this.#wait(before);
    } catch (error) {
      // Those behind still have to wait for those in front.
      void before.then(own.resolve);
      throw error;
    }
    try {
      return await task();
    } finally {
      own.resolve();
    }
  }

  /** Resolves when all tasks so far are over. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #wait(before: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<never>();
    const refuse = () => late.reject(new StoreUnavailableError('the store is busy with another writer'));
    const timer = setTimeout(refuse, this.#waitMs);
    try {
      await Promise.race([before, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
