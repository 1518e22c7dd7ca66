/** How much may run, and how much may wait. */
export interface TurnsOptions {
  /** How many pieces of work run at the same time; one when left out. */
  readonly atOnce?: number;
  /** How many may wait for their turn. Any number when left out. */
  readonly mostWaiting?: number;
  /** How long a piece may wait for its turn, in milliseconds. As long as it takes when left out. */
  readonly longestWaitMs?: number;
  /** The error for work that finds too many waiting, or waits too long. */
  readonly refuse?: () => Error;
}

/** Runs work in the order in which it was asked for. Work that fails gives its turn to the next. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #shared: Promise<void> | undefined;

  constructor(options: TurnsOptions = {}) {
    this.#options = options;
  }

  /** Runs the work when its turn comes. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#run(work, this.#options);
  }

  /** Like `run`, but everybody who asks before the work begins shares one run of it. */
  shared(work: () => Promise<void>): Promise<void> {
    this.#shared ??= this.run(() => {
      this.#shared = undefined;
      return work();
    });
    return this.#shared;
  }

  /** Resolves when everything that was asked for so far is done; for work that runs one at a time. */
  idle(): Promise<void> {
    return this.#run(async () => {}, {});
  }

  async #run<T>(work: () => Promise<T>, bounds: TurnsOptions): Promise<T> {
    await this.#turn(bounds);
    try {
      return await work();
    } finally {
      // The place is handed over, so that nobody who comes just now can take it first.
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn({ mostWaiting = Infinity, longestWaitMs, refuse = tooBusy }: TurnsOptions): Promise<void> {
    if (this.#running < (this.#options.atOnce ?? 1)) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#queue.length >= mostWaiting) throw refuse();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push(resolve);
    if (longestWaitMs === undefined) return promise;
    const timer = setTimeout(() => {
      this.#queue.splice(this.#queue.indexOf(resolve), 1);
      reject(refuse());
    }, longestWaitMs);
    return promise.finally(() => clearTimeout(timer));
  }
}

function tooBusy(): Error {
  return new Error('too much is waiting already');
}
