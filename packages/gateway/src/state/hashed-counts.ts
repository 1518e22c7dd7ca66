import { SharedCount } from './shared-count.ts';
import type { SharedInts } from './shared-count.ts';

/**
 * Counts by keys that are too many for places of their own, such as client addresses. A key is counted in two rows of hashed
 * places (a count-min sketch). Memory stays fixed, and a key is never counted too low. It is counted too high only if other
 * keys share both of its places.
 */
export class HashedCounts {
  readonly #places: SharedCount;
  readonly #mask: number;

  /** Both rows are `width` places long, a power of two. */
  constructor(total: SharedArrayBuffer, own: SharedArrayBuffer, width: number) {
    this.#places = new SharedCount(new Int32Array(total), new Int32Array(own));
    this.#mask = width - 1;
  }

  /** Counts one more, unless `limit` (0 = none) are there already. Says whether it did. */
  enter(hash: number, limit: number): boolean {
    const first = this.#places.add(this.#firstPlace(hash));
    const second = this.#places.add(this.#secondPlace(hash));
    if (limit <= 0 || Math.min(first, second) <= limit) return true;
    this.leave(hash);
    return false;
  }

  /** Counts one less that {@link enter} let in. */
  leave(hash: number): void {
    this.#places.leave(this.#firstPlace(hash));
    this.#places.leave(this.#secondPlace(hash));
  }

  /** Takes back everything that a thread which no longer runs has noted in `own`. */
  forget(own: SharedArrayBuffer): void {
    this.#places.forget(new Int32Array(own) satisfies SharedInts);
  }

  #firstPlace(hash: number): number {
    return (Math.imul(hash, 0x9e3779b1) >>> 7) & this.#mask;
  }

  #secondPlace(hash: number): number {
    return this.#mask + 1 + ((Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 11) & this.#mask);
  }
}

/** 32-bit FNV-1a of a key, started from the node's secret. */
export function hashKey(key: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 16);
}
