import { limitCell, limitStrides } from '../../../state/index.ts';
import type { LimitTable } from '../../../state/index.ts';
import type { LimitKind, Standing } from '../limit-kind.ts';
import type { LimitRule } from '../limit-store.ts';

/** Times are kept in parts of the window, in 14 bits, so that they are clear over four windows. */
const ticksPerWindow = 4096;
const tickMask = 4 * ticksPerWindow - 1;
const countBits = 18;
const mostCounted = 2 ** countBits - 1;

/** Words of a cell: where the ring begins and how many blocks it has; then the blocks. */
const first = limitCell.own;
const length = limitCell.own + 1;
const ring = limitCell.own + 2;
/** Blocks in the ring, which fills the cell. */
const blocks = limitStrides.windows - ring;

/**
 * Counts the requests of the window that ends now, whenever that is. It keeps a ring of blocks of requests, each with the
 * time of its last request, and a block counts until that time is a window ago: never too few are counted. Up to 118
 * requests per window each has a block of its own and the count is exact but for 1/4096 of the window. Beyond that a block
 * has up to 1/118 of the requests, so that at most so many too many are counted.
 */
export class SlidingWindow implements LimitKind {
  readonly #table: LimitTable;

  constructor(table: LimitTable) {
    this.#table = table;
  }

  look(at: number, { requests, windowMs }: LimitRule, now: number, standing: Standing): boolean {
    const tick = Math.floor((now * ticksPerWindow) / windowMs);
    if (at >= 0) this.#forget(at, tick, now);
    const used = at < 0 ? 0 : this.#table.ints[at + limitCell.used];
    const hasRoom = used < requests;
    standing.remaining = hasRoom ? requests - used - 1 : 0;
    standing.retryAfterMs = hasRoom ? 0 : this.#roomAt(at, used - requests, tick, windowMs) - now;
    standing.resetMs = (hasRoom ? expiry(tick, windowMs) : this.#table.floats[(at + limitCell.until) >> 1]) - now;
    return hasRoom;
  }

  take(at: number, { requests, windowMs }: LimitRule, now: number): void {
    const { ints, floats, halves } = this.#table;
    const tick = Math.floor((now * ticksPerWindow) / windowMs);
    this.#add(at, tick, Math.ceil(requests / blocks));
    floats[(at + limitCell.until) >> 1] = expiry(tick, windowMs);
    ints[at + limitCell.used] += 1;
    halves[at + limitCell.limit] = requests;
  }

  giveBack(at: number): void {
    const { ints } = this.#table;
    if (ints[at + length] === 0) return;
    const newest = this.#block(at, ints[at + length] - 1);
    ints[newest] -= 1;
    ints[at + limitCell.used] -= 1;
    if ((ints[newest] & mostCounted) === 0) ints[at + length] -= 1;
  }

  /** Takes out what is no longer in the window. */
  #forget(at: number, tick: number, now: number): void {
    const { ints, floats } = this.#table;
    if (floats[(at + limitCell.until) >> 1] <= now) {
      ints[at + limitCell.used] = 0;
      ints[at + limitCell.refused] = 0;
      ints[at + length] = 0;
    }
    while (ints[at + length] > 0) {
      const oldest = ints[this.#block(at, 0)];
      if (ageOf(oldest, tick) <= ticksPerWindow) return;
      ints[at + limitCell.used] -= oldest & mostCounted;
      ints[at + first] = (ints[at + first] + 1) % blocks;
      ints[at + length] -= 1;
    }
  }

  /** When so many of the oldest requests and one more are out of the window. */
  #roomAt(at: number, tooMany: number, tick: number, windowMs: number): number {
    const { ints } = this.#table;
    let left = tooMany;
    for (let i = 0; i < ints[at + length]; i++) {
      const block = ints[this.#block(at, i)];
      left -= block & mostCounted;
      if (left < 0) return expiry(tick - ageOf(block, tick), windowMs);
    }
    return expiry(tick, windowMs);
  }

  /** Adds a request to the newest block, or to a new one. */
  #add(at: number, tick: number, size: number): void {
    const { ints } = this.#table;
    const count = ints[at + length];
    const time = (tick & tickMask) << countBits;
    if (count > 0) {
      const newest = this.#block(at, count - 1);
      const counted = ints[newest] & mostCounted;
      const isOpen = counted < size || ageOf(ints[newest], tick) === 0;
      if (isOpen && counted < mostCounted) {
        ints[newest] = time | (counted + 1);
        return;
      }
      if (count === blocks) this.#merge(at);
    }
    ints[this.#block(at, ints[at + length])] = time | 1;
    ints[at + length] += 1;
  }

  /**
   * Makes one block of the two neighbours that have the fewest requests. The ring is full only after the limit was lower than
   * it is now, so that blocks were smaller.
   */
  #merge(at: number): void {
    const { ints } = this.#table;
    const countOf = (i: number): number => ints[this.#block(at, i)] & mostCounted;
    let least = 0;
    for (let i = 1; i < blocks - 1; i++) {
      if (countOf(i) + countOf(i + 1) < countOf(least) + countOf(least + 1)) least = i;
    }
    ints[this.#block(at, least + 1)] += countOf(least);
    for (let i = least; i < blocks - 1; i++) ints[this.#block(at, i)] = ints[this.#block(at, i + 1)];
    ints[at + length] -= 1;
  }

  /** The word of a block, counted from the oldest. */
  #block(at: number, index: number): number {
    return at + ring + ((this.#table.ints[at + first] + index) % blocks);
  }
}

/** How many ticks before `tick` the last request of a block came; 0 if it came after it, by the clock of another thread. */
function ageOf(block: number, tick: number): number {
  const age = (tick - (block >>> countBits)) & tickMask;
  return age > 3 * ticksPerWindow ? 0 : age;
}

/** When a request that came at `tick` is out of the window for sure. */
function expiry(tick: number, windowMs: number): number {
  return ((tick + ticksPerWindow + 1) * windowMs) / ticksPerWindow;
}
