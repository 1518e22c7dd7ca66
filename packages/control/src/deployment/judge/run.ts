import type { Run, Shares } from './judge-state.ts';

/** No requests. */
export const noShares: Shares = [0, 0, 0, 0];

/** No stretch that speaks for harm. */
export const noRun: Run = { score: 0, shares: noShares };

/** Both together. */
export function addShares(a: Shares, b: Shares): Shares {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}

/** Of more requests than this the older ones count less, the more so the older they are. */
export function fadeShares(shares: Shares, requests: number): Shares {
  const part = Math.min(1, requests / (shares[0] + shares[2]));
  return [shares[0] * part, shares[1] * part, shares[2] * part, shares[3] * part];
}

/** Goes on by one look; begins anew when the odds of the stretch have come down to even. */
export function extendRun({ score, shares }: Run, logOdds: number, block: Shares): Run {
  const next = Math.min(300, score + logOdds);
  return next > 0 ? { score: next, shares: addShares(shares, block) } : noRun;
}

/** Log of the mean of factors given by their logs. */
export function logOfMean(logs: readonly number[], weights: readonly number[]): number {
  const highest = Math.max(...logs);
  return highest + Math.log(logs.reduce((sum, log, index) => sum + (weights[index] ?? 0) * Math.exp(log - highest), 0));
}

/** Share of the candidate's requests in the stretch that show what is counted. */
export function candidateRate({ shares: [, , requests, hits] }: Pick<Run, 'shares'>): number {
  return requests === 0 ? 0 : hits / requests;
}

/** The same of the stable version. */
export function stableRate({ shares: [requests, hits] }: Pick<Run, 'shares'>): number {
  return requests === 0 ? 0 : hits / requests;
}
