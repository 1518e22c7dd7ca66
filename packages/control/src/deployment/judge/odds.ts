/**
 * False alarms that each check may raise in a whole deployment, however often it is looked at: they sum to 1 in 100.
 * Evidence of safety has to pass the same bound.
 */
export const oddsNeeded = {
  errors: 250,
  latency: 250,
  clientErrors: 2000,
  aborts: 2000,
  hangs: 2000,
  absoluteErrors: 4000,
  absoluteLatency: 4000,
} as const;

/**
 * A candidate that is worse by up to this part of the limit is no worse for our purposes: no two versions are quite
 * alike, and a difference that nobody minds is not to be held against one, however certain it is.
 */
export const tolerated = 0.2;

/** From here on a stretch of looks that speaks for harm holds back what would otherwise go on. */
export const suspicion = Math.log(5);

/**
 * The most that one look can add to the evidence of harm (log). Requests that meet the same restart or the same pause
 * fail or wait together, not independently: one look alone never decides. A factor that is too small keeps its mean of
 * at most 1. Pauses are commonplace, so latency needs some looks more.
 */
export const mostPerLook = { shares: Math.log(250), latency: Math.log(250) / 2 };

/** Odds as they are shown and kept: finite, and no more exact than they are. */
export function shownOdds(odds: number): number {
  return Number(Math.min(1e12, Math.max(1e-12, odds)).toPrecision(3));
}
