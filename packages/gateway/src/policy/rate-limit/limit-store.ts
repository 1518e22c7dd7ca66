/** The port `limits` of the design: where a node counts what callers send. */
import type { RateLimitRule } from '@sluice/model';

/** How much one count may hold, as it is for callers of one tier. */
export interface LimitRule {
  /**
   * Names the count, together with the key of the caller. It is the same for both versions of a route, and stays when
   * the number of requests changes.
   */
  readonly id: string;
  readonly type: RateLimitRule['type'];
  readonly requests: number;
  readonly windowMs: number;
  /** Most requests at once; equal to `requests` unless the type is TokenBucket. */
  readonly burst: number;
  /** Whether it is a daily quota, a FixedWindow of a UTC day, which has to survive a restart. */
  readonly isQuota: boolean;
  readonly scope: RateLimitRule['scope'];
}

/** One count that a request takes from. */
export interface LimitDemand {
  readonly rule: LimitRule;
  /** Who sends the request, in the words of `keyBy`. */
  readonly key: string;
}

/** How a count stands after a request. */
export interface LimitStanding {
  /** Requests that the caller may still send now. */
  readonly remaining: number;
  /** Milliseconds until the caller may send as much as ever. */
  readonly resetMs: number;
  /** Milliseconds after which a request would pass; 0 if this one had room. */
  readonly retryAfterMs: number;
}

/** The counts cannot be reached, and nothing is known of them. */
export interface CountsAway {
  /** Whether the request passes all the same. If not, it is refused with RATE_LIMIT_UNAVAILABLE. */
  readonly passes: boolean;
  /** Milliseconds after which the counts are looked for again. */
  readonly retryAfterMs: number;
}

/** How the counts stand, in the order of the demands. */
export type LimitsTaken = readonly LimitStanding[] | CountsAway;

/** Counts requests. */
export interface LimitStore {
  /**
   * Takes a request from each count, or from none of them if one has no room. Returns how they stand, in order. What it
   * returns is valid until the next call.
   */
  take(demands: readonly LimitDemand[]): LimitsTaken | Promise<LimitsTaken>;
}

/** Counts the requests of all nodes. */
export interface GlobalLimitStore extends LimitStore {
  /** Gets ready, because a route counts here from now on. */
  begin(): void;
}

/** Counts the requests of one node, without waiting. */
export interface NodeLimitStore extends LimitStore {
  take(demands: readonly LimitDemand[]): readonly LimitStanding[];
  /** How the counts stand, of which nothing is taken. What it returns is valid until the next call. */
  look(demands: readonly LimitDemand[]): readonly LimitStanding[];
  /** Gives back what a request took, because another store had no room for it. */
  giveBack(demands: readonly LimitDemand[]): void;
}
