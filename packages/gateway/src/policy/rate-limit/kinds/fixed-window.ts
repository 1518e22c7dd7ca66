import { limitCell } from '../../../state/index.ts';
import type { LimitTable } from '../../../state/index.ts';
import type { LimitKind, Standing } from '../limit-kind.ts';
import type { LimitRule } from '../limit-store.ts';

/** Counts per window of the system clock: a window of an hour begins with the hour, one of a day at midnight UTC. */
export class FixedWindow implements LimitKind {
  readonly #table: LimitTable;
  readonly #wallClock: () => number;

  /** `wallClock` is the system's time in milliseconds since 1970. */
  constructor(table: LimitTable, wallClock: () => number) {
    this.#table = table;
    this.#wallClock = wallClock;
  }

  look(at: number, rule: LimitRule, now: number, standing: Standing): boolean {
    const { ints } = this.#table;
    const end = at < 0 ? 0 : this.#endOf(at);
    const used = end > now ? ints[at + limitCell.used] : 0;
    const leftMs = (end > now ? end : this.#nextEnd(end, rule.windowMs, now)) - now;
    const hasRoom = used < rule.requests;
    standing.remaining = hasRoom ? rule.requests - used - 1 : 0;
    standing.resetMs = leftMs;
    standing.retryAfterMs = hasRoom ? 0 : leftMs;
    return hasRoom;
  }

  take(at: number, { requests, windowMs }: LimitRule, now: number): void {
    const { ints, floats, halves } = this.#table;
    const end = this.#endOf(at);
    if (end <= now) {
      floats[(at + limitCell.until) >> 1] = this.#nextEnd(end, windowMs, now);
      ints[at + limitCell.used] = 0;
      ints[at + limitCell.refused] = 0;
    }
    ints[at + limitCell.used] += 1;
    halves[at + limitCell.limit] = requests;
  }

  giveBack(at: number): void {
    const { ints } = this.#table;
    if (ints[at + limitCell.used] > 0) ints[at + limitCell.used] -= 1;
  }

  #endOf(at: number): number {
    return this.#table.floats[(at + limitCell.until) >> 1];
  }

  /**
   * When the window ends that `now` is in, after one that ended at `before`. The end is on the node's own clock, so that a
   * jump of the system clock neither cuts a window short nor makes it longer; the windows after it are aligned again. The two
   * clocks may differ by a moment, so a window that would end at once is counted to the next.
   */
  #nextEnd(before: number, windowMs: number, now: number): number {
    const end = now + windowMs - (this.#wallClock() % windowMs);
    return before > 0 && end - before < windowMs / 2 ? end + windowMs : end;
  }
}
