/** The bounds of a cache. */
export interface AnswerBounds {
  readonly entries: number;
  /** The sum of the weights that entries are put in with. */
  readonly weight: number;
}

interface Entry<T> {
  readonly value: T;
  readonly until: number;
  readonly weight: number;
}

/** What helpers answered, each until its time. When there is no room, what was not used for the longest time goes first. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #bounds: AnswerBounds;
  #weight = 0;

  constructor(bounds: AnswerBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (now < entry.until) {
      this.#entries.set(key, entry);
      return entry.value;
    }
    this.#weight -= entry.weight;
    return undefined;
  }

  put(key: string, value: T, { until, weight }: { readonly until: number; readonly weight: number }): void {
    this.#weight += weight - (this.#entries.get(key)?.weight ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, { value, until, weight });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.entries && this.#weight <= this.#bounds.weight) return;
      this.#entries.delete(oldest);
      this.#weight -= entry.weight;
    }
  }
}
