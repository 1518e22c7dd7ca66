import { latencyBucketCount, latencyBucketStart } from '@sluice/model';
import type { Random } from './random.ts';

/** A distribution of latencies: the share of requests that take at most so many milliseconds. */
export type LatencyLaw = (ms: number) => number;

/** Log-normal with a median of 50 ms. */
export function logNormal(sigma: number): LatencyLaw {
  return (ms) => (ms <= 0 ? 0 : normalShare(Math.log(ms / 50) / sigma));
}

/** Log-logistic with a median of 50 ms: 1 request in n takes longer than 50·√n ms, however large n is. */
export const heavyTailed: LatencyLaw = (ms) => (ms <= 0 ? 0 : 1 / (1 + (ms / 50) ** -2));

/** All latencies longer by this factor. */
export function scaled(law: LatencyLaw, factor: number): LatencyLaw {
  return (ms) => law(ms / factor);
}

/** Some latencies are five times longer, so many that the 99th percentile is higher by `factor`. The others stay. */
export function slowTail(law: LatencyLaw, factor: number): LatencyLaw {
  const p99 = quantile(law, 0.99) * factor;
  const [usual, slow] = [law(p99), law(p99 / 5)];
  const share = (usual - 0.99) / (usual - slow);
  return (ms) => (1 - share) * law(ms) + share * law(ms / 5);
}

/** The latency that this share of requests does not exceed. */
export function quantile(law: LatencyLaw, share: number): number {
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (law(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Draws the bucket of a request by the alias method, which needs one random number for any number of buckets. */
export function createSampler(law: LatencyLaw): (random: Random) => number {
  const end = (bucket: number): number => (bucket >= latencyBucketCount ? 1 : law(latencyBucketStart(bucket) / 1000));
  const excess = Array.from({ length: latencyBucketCount }, (_, bucket) => {
    const begin = bucket === 0 ? 0 : end(bucket);
    return (end(bucket + 1) - begin) * latencyBucketCount;
  });
  const alias = new Int32Array(latencyBucketCount);
  const [small, large] = [excess.flatMap((p, b) => (p < 1 ? [b] : [])), excess.flatMap((p, b) => (p < 1 ? [] : [b]))];
  const own = Float64Array.from(excess);
  while (small.length > 0 && large.length > 0) {
    const [poor = 0, rich = 0] = [small.pop(), large.pop()];
    alias[poor] = rich;
    own[rich] -= 1 - own[poor];
    (own[rich] < 1 ? small : large).push(rich);
  }
  for (const bucket of [...small, ...large]) own[bucket] = 1;
  return (random) => {
    const place = random.next() * latencyBucketCount;
    const bucket = place | 0;
    return place - bucket < own[bucket] ? bucket : alias[bucket];
  };
}

/** The standard normal distribution; Abramowitz and Stegun 7.1.26, accurate to seven digits. */
function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.327_591_1 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const error = 1 - series * Math.exp(-x * x);
  return z < 0 ? (1 - error) / 2 : (1 + error) / 2;
}
