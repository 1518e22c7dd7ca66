import type { HashKey } from './key-hash.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** The memory of a table of limits. */
export interface LimitTableMemory {
  /** Secret key of the hash, so that nobody can aim at the place of another caller. */
  readonly secret: HashKey;
  /** Int32 words per cell. */
  readonly stride: number;
  readonly cells: SharedArrayBuffer;
  /** Int32 per set: the thread that works on the set, counted from 1, or 0. */
  readonly locks: SharedArrayBuffer;
}

/** The words of a cell that every kind of limit has. What follows them is its own. */
export const limitCell = { low: 0, high: 1, until: 2, used: 4, limit: 5, refused: 6, askedAt: 7, own: 8 } as const;

/** Cells that share a lock. A key is in one of the cells of its set. */
const cellsPerSet = 16;
/** Tries before a thread that waits for a lock lets others run. */
const spins = 200;
/**
 * A thread that still holds a lock after so many waits of a millisecond has died, or might as well have. Waits are counted, and no
 * clock is read: when the whole process was stopped for a while, whoever holds the lock goes on first.
 */
const mostWaits = 1000;

/**
 * Counts by keys that are too many to give each a place for good, in memory that all threads share. It is set-associative: a
 * key has sixteen places to be in. In a full set the new key takes the place of one that has expired, or else of the one
 * that has used the least of its limit, so that many new keys drive each other out and not the one that is at its limit.
 */
export class LimitTable {
  readonly ints: SharedInts;
  /** By pairs of words. */
  readonly floats: SharedFloats;
  readonly halves: Float32Array<SharedArrayBuffer>;
  readonly stride: number;
  readonly secret: HashKey;
  readonly sets: number;
  readonly #locks: SharedInts;
  readonly #holder: number;

  constructor({ secret, stride, cells, locks }: LimitTableMemory, worker: number) {
    this.ints = new Int32Array(cells);
    this.floats = new Float64Array(cells);
    this.halves = new Float32Array(cells);
    this.stride = stride;
    this.secret = secret;
    this.#locks = new Int32Array(locks);
    this.sets = this.#locks.length;
    // The main thread, -1, is number 1.
    this.#holder = worker + 2;
  }

  /** The set of a key by the lower half of its hash; the number of sets is a power of two. */
  setOf(low: number): number {
    return low & (this.sets - 1);
  }

  /** Waits until this thread has the set to itself. A thread that takes several takes them in ascending order. */
  lock(set: number): void {
    if (Atomics.compareExchange(this.#locks, set, 0, this.#holder) !== 0) this.#await(set);
  }

  unlock(set: number): void {
    // Unless it was held for so long that another has taken it.
    Atomics.compareExchange(this.#locks, set, this.#holder, 0);
  }

  #await(set: number): void {
    for (let spin = 0; spin < spins; spin++) {
      if (Atomics.compareExchange(this.#locks, set, 0, this.#holder) === 0) return;
    }
    let waits = 0;
    for (;;) {
      const held = Atomics.load(this.#locks, set);
      if (held === 0 || waits >= mostWaits) {
        if (Atomics.compareExchange(this.#locks, set, held, this.#holder) === held) return;
      } else if (Atomics.wait(this.#locks, set, held, 1) === 'timed-out') waits++;
    }
  }

  /** The first word of the cell of a key, or -1. */
  find(set: number, low: number, high: number): number {
    const { ints, stride } = this;
    let at = set * cellsPerSet * stride;
    for (let i = 0; i < cellsPerSet; i++, at += stride) {
      if (ints[at] === low && ints[at + limitCell.high] === high) return at;
    }
    return -1;
  }

  /** Whether a cell is that of a key. */
  isOf(at: number, low: number, high: number): boolean {
    return at >= 0 && this.ints[at] === low && this.ints[at + limitCell.high] === high;
  }

  /** Gives a key that has none a clean cell of its set. */
  claim(set: number, low: number, high: number, now: number): number {
    const at = this.expired(set, now);
    return this.assign(at < 0 ? this.#worthLeast(set, now) : at, low, high);
  }

  /** Makes a cell the clean one of a key. */
  assign(at: number, low: number, high: number): number {
    this.ints.fill(0, at, at + this.stride);
    this.ints[at] = low;
    this.ints[at + limitCell.high] = high;
    return at;
  }

  /** A cell of a set that nobody needs any more, or -1. */
  expired(set: number, now: number): number {
    const first = set * cellsPerSet * this.stride;
    for (let i = 0, at = first; i < cellsPerSet; i++, at += this.stride) {
      if (this.floats[(at + limitCell.until) >> 1] <= now) return at;
    }
    return -1;
  }

  /** The set of a cell. */
  setAt(at: number): number {
    return Math.floor(at / (cellsPerSet * this.stride));
  }

  /** Notes that a key was asked for, and whether it was refused. */
  asked(at: number, now: number, isRefused: boolean): void {
    this.ints[at + limitCell.askedAt] = ticksOf(now);
    if (isRefused && this.ints[at + limitCell.refused] < mostRefusals) this.ints[at + limitCell.refused] += 1;
  }

  /** What has used the least of its limit; among equals, what nobody asked for the longest. */
  #worthLeast(set: number, now: number): number {
    const first = set * cellsPerSet * this.stride;
    let worst = first;
    let leastUse = Infinity;
    let longest = -1;
    for (let i = 0, at = first; i < cellsPerSet; i++, at += this.stride) {
      const use = this.#use(at, this.floats[(at + limitCell.until) >> 1] - now);
      const silent = (ticksOf(now) - this.ints[at + limitCell.askedAt]) | 0;
      if (use > leastUse || (use === leastUse && silent <= longest)) continue;
      worst = at;
      leastUse = use;
      longest = silent;
    }
    return worst;
  }

  /** How much of its limit a key has used. Refusals count, because a key that goes on asking is in use. */
  #use(at: number, leftMs: number): number {
    const used = this.ints[at + limitCell.used];
    const limit = this.halves[at + limitCell.limit];
    const refused = this.ints[at + limitCell.refused];
    // A bucket has its burst, below 0, in place of a count, and the time that fills it in place of a limit.
    return used < 0 ? leftMs / limit - refused / used : (used + refused) / limit;
  }

  /** The cells that are in use, by their first word. Reads without locks. */
  *cells(now: number): Generator<number> {
    for (let at = 0; at < this.ints.length; at += this.stride) {
      if (this.floats[(at + limitCell.until) >> 1] > now) yield at;
    }
  }

  /** How many keys have used this share of their limit, or more. For tables of counts. */
  countNear(share: number, now: number): number {
    let near = 0;
    for (const at of this.cells(now)) {
      // The limit of a key that was restored is not known before it is asked for.
      if (this.ints[at + limitCell.askedAt] === 0) continue;
      if (this.ints[at + limitCell.used] >= share * this.halves[at + limitCell.limit]) near++;
    }
    return near;
  }

  /** Main thread, after a worker has exited: frees the sets that it had to itself. */
  forget(worker: number): void {
    for (let set = 0; set < this.sets; set++) Atomics.compareExchange(this.#locks, set, worker + 2, 0);
  }
}

const mostRefusals = 1_000_000;

/** A time in units that a word holds for thousands of years. */
function ticksOf(now: number): number {
  return (now / 64) | 0;
}

/** Makes the memory of a table. `cells` is a power of two, and at least sixteen. */
export function createLimitTable(cells: number, stride: number, secret: HashKey): LimitTableMemory {
  if (!Number.isInteger(Math.log2(cells)) || cells < cellsPerSet) {
    throw new RangeError(`a table of limits has a power of two of cells, from ${cellsPerSet}, not ${cells}`);
  }
  return {
    secret,
    stride,
    cells: new SharedArrayBuffer(4 * cells * stride),
    locks: new SharedArrayBuffer((4 * cells) / cellsPerSet),
  };
}
