import type { Run, Shares } from './judge-state.ts';

export const noShares: Shares = [0, 0, 0, 0];

export const noRun: Run = { score: 0, shares: noShares };

/** The sum of both. */
export function addShares(a: Shares, b: Shares): Shares {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}

/** Scales shares down to this many requests, so that older ones count less. */
export function fadeShares(shares: Shares, requests: number): Shares {
  const part = Math.min(1, requests / (shares[0] + shares[2]));
  return [shares[0] * part, shares[1] * part, shares[2] * part, shares[3] * part];
}

/** The run after one more comparison. It ends when its odds are even. */
export function extendRun({ score, shares }: Run, logOdds: number, block: Shares): Run {
  const next = Math.min(300, score + logOdds);
  return next > 0 ? { score: next, shares: addShares(shares, block) } : noRun;
}

/** The log of the weighted mean of factors, which are given as logs. */
export function logOfMean(logs: readonly number[], weights: readonly number[]): number {
  const highest = Math.max(...logs);
  return highest + Math.log(logs.reduce((sum, log, index) => sum + (weights[index] ?? 0) * Math.exp(log - highest), 0));
}

/** The candidate's share of hits. */
export function candidateRate({ shares: [, , requests, hits] }: Pick<Run, 'shares'>): number {
  return requests === 0 ? 0 : hits / requests;
}

/** The stable version's share of hits. */
export function stableRate({ shares: [requests, hits] }: Pick<Run, 'shares'>): number {
  return requests === 0 ? 0 : hits / requests;
}
