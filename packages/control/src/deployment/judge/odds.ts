/**
 * False alarms that each check may raise in a whole deployment, however often it is looked at: they sum to 1 in 100.
 * Evidence of safety has to pass the same bound.
 */
export const oddsNeeded = {
  errors: 250,
  latency: 250,
  clientErrors: 1000,
  absoluteErrors: 2000,
  absoluteLatency: 2000,
} as const;

/** From here on a stretch of looks that speaks for harm holds back what would otherwise go on. */
export const suspicion = Math.log(20);

/** Odds as they are shown and kept: finite, and no more exact than they are. */
export function shownOdds(odds: number): number {
  return Number(Math.min(1e12, Math.max(1e-12, odds)).toPrecision(3));
}
