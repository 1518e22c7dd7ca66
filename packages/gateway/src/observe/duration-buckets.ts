import { exposedBuckets, latencyBounds as bounds } from '@sluice/model/latency-buckets';
import type { HistogramValues } from '@sluice/service';
import type { Histogram } from '../state/index.ts';

/**
 * A histogram as whole numbers: cumulative buckets, the count, and the sum in microseconds. Whole numbers add up exactly in
 * any order; a sum of fractions that came out a little lower would be read as a restart.
 */
export function durationValues({ buckets, count, sumMs }: Histogram): number[] {
  let cumulative = 0;
  let bucket = 0;
  const values = exposedBuckets.map((end) => {
    for (; bucket < end; bucket++) cumulative += buckets[bucket];
    return cumulative;
  });
  return [...values, count, Math.round(sumMs * 1000)];
}

/** The same in seconds, as it is written. */
export function durationHistogram(values: readonly number[]): HistogramValues {
  const [count, sum] = values.slice(bounds.length);
  return { bounds, cumulative: values, count, sum: sum / 1e6 };
}
