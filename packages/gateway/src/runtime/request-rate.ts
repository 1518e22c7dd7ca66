/** How many seconds the rate is an average of. */
const windowSeconds = 30;

interface Reading {
  readonly at: number;
  readonly total: number;
}

/**
 * How many requests end in each second. It reads the counters by itself, once a second, so that the rate is the same however
 * often somebody asks for it.
 */
export class RequestRate {
  readonly #total: () => number;
  readonly #now: () => number;
  /** One for each of the last seconds, the oldest first. */
  readonly #readings: Reading[];

  /** `now` is a clock that never goes back, in milliseconds. */
  constructor(total: () => number, now: () => number) {
    this.#total = total;
    this.#now = now;
    this.#readings = [this.#read()];
  }

  /** Reads the counters once a second, until what is returned is called. */
  start(): () => void {
    const timer = setInterval(() => this.tick(), 1000).unref();
    return () => clearInterval(timer);
  }

  /** Reads the counters, a second after the last time. */
  tick(): void {
    this.#readings.push(this.#read());
    if (this.#readings.length > windowSeconds + 1) this.#readings.shift();
  }

  /** The average over the readings; 0 before the second one. */
  get perSecond(): number {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (last === undefined || last.at <= first.at) return 0;
    return ((last.total - first.total) * 1000) / (last.at - first.at);
  }

  #read(): Reading {
    return { at: this.#now(), total: this.#total() };
  }
}
