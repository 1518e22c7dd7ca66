import { ThrottledError } from './errors.ts';

/** How much is done at once, and how much may wait. */
export interface HashQueueOptions {
  readonly running: number;
  readonly waiting: number;
}

/** Lets a few costly pieces of work run at once and a few more wait; what is beyond that is refused. */
export class HashQueue {
  readonly #options: HashQueueOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: HashQueueOptions) {
    this.#options = options;
  }

  /** Does the work when its turn comes. Rejects with a ThrottledError when too many are waiting. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      // The place is handed over, so that nobody who comes just now can take it first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#running < this.#options.running) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#options.waiting) {
      return Promise.reject(new ThrottledError('too many passwords are being checked: try again', 1));
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
