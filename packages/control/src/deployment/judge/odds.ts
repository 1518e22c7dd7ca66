/**
 * The odds at which a check is decided. A check raises a false alarm in 1 of so many deployments at most, and all checks
 * together in 1 of 100. Evidence of safety needs the same odds.
 */
export const oddsNeeded = {
  errors: 250,
  latency: 250,
  clientErrors: 3000,
  refusals: 3000,
  aborts: 3000,
  hangs: 3000,
  absoluteErrors: 3000,
  absoluteLatency: 3000,
} as const;

/**
 * The odds that suffice for the 99th percentile when a lower one, whose odds are those that are needed, stands in for the
 * rest: at most 1 in 100 of the candidates that are slower by the limit gets through.
 */
export const oddsBesideStandIn = 100;

/**
 * A candidate that is worse by up to this part of the limit is not called worse, however certain the difference is: no two
 * versions are quite alike.
 */
export const tolerated = 0.2;

/** A run of comparisons that indicates harm with these odds (log) keeps a check from being fine. */
export const suspicion = Math.log(5);

/**
 * The most that one comparison can add to the evidence of harm (log). Requests that meet the same restart or pause fail or
 * wait together, so one comparison alone never decides. A factor that is cut off still has a mean of at most 1. Pauses are
 * common, so latency needs more comparisons.
 */
export const mostPerComparison = { shares: Math.log(250), latency: Math.log(250) / 2 };

/** Odds as they are shown and stored: finite, with three significant digits. */
export function shownOdds(odds: number): number {
  return Number(Math.min(1e12, Math.max(1e-12, odds)).toPrecision(3));
}
