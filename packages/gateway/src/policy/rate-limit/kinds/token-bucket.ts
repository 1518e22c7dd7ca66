import { limitCell } from '../../../state/index.ts';
import type { LimitTable } from '../../../state/index.ts';
import type { LimitKind, Standing } from '../limit-kind.ts';
import type { LimitRule } from '../limit-store.ts';

/**
 * A bucket of `burst` tokens that refills steadily with `requests` per window, as the Generic Cell Rate Algorithm (ITU-T
 * I.371, annex A): the one number kept is the time at which the bucket will be full, which for each request moves on by the time that a token
 * takes.
 */
export class TokenBucket implements LimitKind {
  readonly #table: LimitTable;

  constructor(table: LimitTable) {
    this.#table = table;
  }

  look(at: number, { requests, windowMs, burst }: LimitRule, now: number, standing: Standing): boolean {
    const tokenMs = windowMs / requests;
    const fullAt = Math.max(at < 0 ? 0 : this.#table.floats[(at + limitCell.until) >> 1], now) + tokenMs;
    // A part of a token that is missing only for rounding is there.
    const tokensLeft = (now + burst * tokenMs - fullAt) / tokenMs + 1e-6;
    const hasRoom = tokensLeft >= 0;
    standing.remaining = hasRoom ? Math.floor(tokensLeft) : 0;
    standing.resetMs = fullAt - now - (hasRoom ? 0 : tokenMs);
    standing.retryAfterMs = hasRoom ? 0 : -tokensLeft * tokenMs;
    return hasRoom;
  }

  take(at: number, { requests, windowMs, burst }: LimitRule, now: number): void {
    const { ints, floats, halves } = this.#table;
    const until = (at + limitCell.until) >> 1;
    if (floats[until] <= now) ints[at + limitCell.refused] = 0;
    floats[until] = Math.max(floats[until], now) + windowMs / requests;
    ints[at + limitCell.used] = -burst;
    halves[at + limitCell.limit] = (burst * windowMs) / requests;
  }

  giveBack(at: number, { requests, windowMs }: LimitRule): void {
    this.#table.floats[(at + limitCell.until) >> 1] -= windowMs / requests;
  }
}
