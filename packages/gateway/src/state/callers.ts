import { KeyHash } from './key-hash.ts';
import type { HashKey } from './key-hash.ts';
import { limitCell, LimitTable } from './limit-table.ts';
import type { LimitTableMemory } from './limit-table.ts';

/** Requests in flight by the key of their caller: exact over all workers. */
export class Callers {
  readonly #table: LimitTable;
  readonly #hash = new KeyHash();
  readonly #worker: number;

  constructor(memory: LimitTableMemory, worker: number) {
    this.#table = new LimitTable(memory, worker);
    this.#worker = worker;
  }

  /** The domain of a limit: callers of two limits are counted apart. */
  domainOf(id: string): HashKey {
    return this.#hash.keyOf(this.#table.secret, id);
  }

  /**
   * Counts a request in, and returns where, to count it out there. Returns -1 if `limit` requests of the caller are in
   * flight already, or if the callers with requests in flight are more than there is room for.
   */
  enter(domain: HashKey, key: string, limit: number): number {
    this.#hash.update(domain, key);
    const { low, high } = this.#hash;
    const set = this.#table.setOf(low);
    this.#table.lock(set);
    const at = this.#placeOf(set, low, high);
    const { ints, floats } = this.#table;
    const hasRoom = at >= 0 && ints[at + limitCell.used] < limit;
    if (hasRoom) {
      ints[at + limitCell.used] += 1;
      ints[at + limitCell.own + this.#worker] += 1;
      floats[(at + limitCell.until) >> 1] = Infinity;
    }
    this.#table.unlock(set);
    return hasRoom ? at : -1;
  }

  /** How many requests of a caller are in flight. */
  inFlight(domain: HashKey, key: string): number {
    this.#hash.update(domain, key);
    const { low, high } = this.#hash;
    const set = this.#table.setOf(low);
    this.#table.lock(set);
    const at = this.#table.find(set, low, high);
    const count = at < 0 ? 0 : this.#table.ints[at + limitCell.used];
    this.#table.unlock(set);
    return count;
  }

  /** Counts a request out that {@link enter} counted in. */
  leave(at: number): void {
    const set = this.#table.setAt(at);
    this.#table.lock(set);
    this.#take(at, this.#worker, 1);
    this.#table.unlock(set);
  }

  /** Main thread: takes back what a worker that died has counted in. */
  forget(worker: number): void {
    this.#table.forget(worker);
    const { ints, stride } = this.#table;
    for (let at = 0; at < ints.length; at += stride) {
      if (ints[at + limitCell.own + worker] === 0) continue;
      const set = this.#table.setAt(at);
      this.#table.lock(set);
      this.#take(at, worker, ints[at + limitCell.own + worker]);
      this.#table.unlock(set);
    }
  }

  /** The cell of a caller. One with requests in flight is never given to another. */
  #placeOf(set: number, low: number, high: number): number {
    const known = this.#table.find(set, low, high);
    if (known >= 0) return known;
    const free = this.#table.expired(set, 0);
    return free < 0 ? -1 : this.#table.assign(free, low, high);
  }

  #take(at: number, worker: number, count: number): void {
    const { ints, floats } = this.#table;
    ints[at + limitCell.own + worker] -= count;
    ints[at + limitCell.used] -= count;
    if (ints[at + limitCell.used] === 0) floats[(at + limitCell.until) >> 1] = 0;
  }
}

/** Int32 words per cell: a count for each worker. An even number, since times are by pairs of words. */
export function callersStride(workers: number): number {
  return limitCell.own + workers + (workers % 2);
}
