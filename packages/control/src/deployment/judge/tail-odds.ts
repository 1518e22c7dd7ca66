import { latencyBucketCount } from '@sluice/model';
import type { Latencies } from './latencies.ts';

/** The share of requests that is slower than the 99th percentile. */
export const slowest = 0.01;

/** A bet on a share of slow requests: the log of its factor for a slow request, and for any other. */
export type TailBet = readonly [slow: number, other: number];

/** Bets against "this share of requests or more is slow", and against "this share or fewer". */
export interface TailBets {
  readonly share: number;
  readonly fewer: readonly TailBet[];
  readonly more: readonly TailBet[];
}

/** The bet that so many requests are slow instead of `share`. */
export function tailBet(expected: number, share: number): TailBet {
  return [Math.log(expected / share), Math.log((1 - expected) / (1 - share))];
}

/** The bets on the requests beyond a percentile: 0.01 of them are slower than the 99th. */
export function tailBets(share: number): TailBets {
  const on = (parts: readonly number[]): TailBet[] => parts.map((part) => tailBet(part * share, share));
  return { share, fewer: on([0.1, 0.3, 0.6]), more: on([1.4, 2.5, 6]) };
}

export const beyondP99 = tailBets(slowest);
export const beyondP95 = tailBets(0.05);

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
export function oddsOfFewer(total: number, slow: number, { fewer }: TailBets = beyondP99): number {
  return mixture(total, slow, fewer);
}

/** Odds against "1 request in 100 or fewer is slow". */
export function oddsOfMore(total: number, slow: number, { more }: TailBets = beyondP99): number {
  return mixture(total, slow, more);
}

/** The log of the factor of one bet. */
export function logOfBet(total: number, slow: number, [ifSlow, otherwise]: TailBet): number {
  return slow * ifSlow + (total - slow) * otherwise;
}

function mixture(total: number, slow: number, bets: readonly TailBet[]): number {
  let sum = 0;
  for (const one of bets) sum += Math.exp(Math.min(300, logOfBet(total, slow, one)));
  return 0.5 + (0.5 * sum) / bets.length;
}
