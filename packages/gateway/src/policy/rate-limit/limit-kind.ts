import type { LimitRule, LimitStanding } from './limit-store.ts';

/** A standing that is filled in. */
export type Standing = { -readonly [K in keyof LimitStanding]: LimitStanding[K] };

/** How one type of limit counts in a cell of shared memory. The thread has the set of the cell to itself meanwhile. */
export interface LimitKind {
  /**
   * Whether a request has room at `now`, and how the count would stand after it. `at` is the cell, or -1 if there is none
   * yet.
   */
  look(at: number, rule: LimitRule, now: number, standing: Standing): boolean;
  /** Counts a request that has room, as the last `look` found. */
  take(at: number, rule: LimitRule, now: number): void;
  /** Takes the last request out of the count. */
  giveBack(at: number, rule: LimitRule, now: number): void;
}
