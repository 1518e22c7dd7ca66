import { latencyBucketCount } from '@sluice/model';
import type { Latencies } from './latencies.ts';

/** The share of requests that is slower than the 99th percentile. */
export const slowest = 0.01;

/** A bet on a share of slow requests: the log of its factor for a slow request, and for any other. */
type Bet = readonly [slow: number, other: number];

const betOn = (share: number): Bet => [Math.log(share / slowest), Math.log((1 - share) / (1 - slowest))];
const fewer = [0.001, 0.003, 0.006].map(betOn);
const more = [0.014, 0.025, 0.06].map(betOn);

/** The number of requests in each bucket or a slower one. */
export function tailOf(latencies: Latencies): Float64Array {
  const tail = new Float64Array(latencyBucketCount + 2);
  for (const [bucket, count] of latencies) tail[bucket] = count;
  for (let bucket = latencyBucketCount; bucket >= 0; bucket -= 1)
    tail[bucket] = (tail[bucket] ?? 0) + (tail[bucket + 1] ?? 0);
  return tail;
}

/**
 * Odds against "1 request in 100 or more is slow", when `slow` of `total` were. They are valid at every comparison: a mixture
 * of fixed bets, with half of the stake held back.
 */
export function oddsOfFewer(total: number, slow: number): number {
  return mixture(total, slow, fewer);
}

/** Odds against "1 request in 100 or fewer is slow". */
export function oddsOfMore(total: number, slow: number): number {
  return mixture(total, slow, more);
}

function mixture(total: number, slow: number, bets: readonly Bet[]): number {
  let sum = 0;
  for (const [ifSlow, otherwise] of bets) sum += Math.exp(Math.min(300, slow * ifSlow + (total - slow) * otherwise));
  return 0.5 + (0.5 * sum) / bets.length;
}
