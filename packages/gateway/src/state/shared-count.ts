/** Int32 numbers in memory that threads share. */
export type SharedInts = Int32Array<SharedArrayBuffer>;

/** Float64 numbers in memory that threads share. */
export type SharedFloats = Float64Array<SharedArrayBuffer>;

/**
 * Exact counts over all threads, one per place, each with a limit that is checked on entry. What this thread holds is also
 * noted in a column of its own, so that it can be taken back if the thread dies.
 */
export class SharedCount {
  readonly #total: SharedInts;
  readonly #own: SharedInts;

  /** `own` has this thread as its only writer. */
  constructor(total: SharedInts, own: SharedInts) {
    this.#total = total;
    this.#own = own;
  }

  /** Counts one more. False if `limit` (0 = none) are counted already. */
  enter(place: number, limit: number): boolean {
    if (limit <= 0) {
      this.add(place);
      return true;
    }
    let seen = Atomics.load(this.#total, place);
    while (seen < limit) {
      const found = Atomics.compareExchange(this.#total, place, seen, seen + 1);
      if (found === seen) {
        this.#own[place] += 1;
        return true;
      }
      seen = found;
    }
    return false;
  }

  /** Counts one more whatever the limit, and returns the count that results. */
  add(place: number): number {
    const before = Atomics.add(this.#total, place, 1);
    this.#own[place] += 1;
    return before + 1;
  }

  /** Counts one less. Throws if this thread holds nothing there: the count would stay wrong. */
  leave(place: number): void {
    const held = this.#own[place];
    if (held <= 0) throw new Error(`place ${place} was left more often than it was entered`);
    this.#own[place] = held - 1;
    Atomics.sub(this.#total, place, 1);
  }

  /** How many are there, over all threads. */
  count(place: number): number {
    return Atomics.load(this.#total, place);
  }

  /** Takes back everything that a thread which no longer runs has noted in `column`. */
  forget(column: SharedInts): void {
    for (let place = 0; place < column.length; place++) {
      const held = column[place];
      if (held === 0) continue;
      column[place] = 0;
      Atomics.sub(this.#total, place, held);
    }
  }
}
