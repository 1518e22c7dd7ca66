import { latencyBucketCount, latencyBucketOf, latencyBucketStart } from '@sluice/model/latency-buckets';
import { histogramLayout } from './layout.ts';

const { buckets, count: COUNT, sum: SUM } = histogramLayout;

/** What was measured: number, sum in milliseconds, and how many fell in each bucket. */
export interface Histogram {
  count: number;
  sumMs: number;
  readonly buckets: Float64Array;
}

/** Adds a measurement to the histogram that starts at `at`. */
export function addToHistogram(numbers: Float64Array, at: number, durationMs: number): void {
  const duration = durationMs > 0 ? durationMs : 0;
  numbers[at + COUNT] += 1;
  numbers[at + SUM] += duration;
  numbers[at + buckets + latencyBucketOf(duration)] += 1;
}

/** A histogram of nothing. */
export function emptyHistogram(): Histogram {
  return { count: 0, sumMs: 0, buckets: new Float64Array(latencyBucketCount) };
}

/**
 * Adds what stands at `at` in shared memory to `into`. The count is taken from the buckets, so that both agree although
 * the worker goes on writing.
 */
export function mergeHistogram(into: Histogram, numbers: Float64Array, at: number): void {
  if (numbers[at + COUNT] === 0) return;
  into.sumMs += numbers[at + SUM];
  for (let bucket = 0; bucket < latencyBucketCount; bucket++) {
    const n = numbers[at + buckets + bucket];
    if (n === 0) continue;
    into.buckets[bucket] += n;
    into.count += n;
  }
}

/**
 * The duration in milliseconds below which a share `q` (0..1) of the measurements lie; NaN when there are none. Off by at
 * most one bucket's width, an eighth of the true value.
 */
export function quantile({ count, buckets: counts }: Histogram, q: number): number {
  if (count === 0) return Number.NaN;
  const rank = Math.max(q * count, 1);
  let below = 0;
  for (let bucket = 0; bucket < latencyBucketCount; bucket++) {
    const n = counts[bucket];
    if (below + n < rank) {
      below += n;
      continue;
    }
    const start = latencyBucketStart(bucket);
    return (start + ((rank - below) / n) * (latencyBucketStart(bucket + 1) - start)) / 1000;
  }
  return latencyBucketStart(latencyBucketCount) / 1000;
}
