import { latencyBucketStart } from '@sluice/model/latency-buckets';
import type { HistogramValues } from '@sluice/service';
import type { Histogram } from '../state/index.ts';

// Octaves of the stored histogram: the bounds of these buckets are bounds of stored ones, so that the counts are exact.
const firstOctave = 8;
const lastOctave = 25;

/** For each bucket, the first stored one beyond it. */
const beyond = Array.from({ length: lastOctave - firstOctave + 1 }, (_, i) => (firstOctave + i) * 8);
/** Upper bounds in seconds, from 256 µs to 33.6 s, each twice the one before. */
const bounds = beyond.map((bucket) => latencyBucketStart(bucket) / 1e6);

/**
 * A histogram as whole numbers: cumulative buckets, the count, and the sum in microseconds. Whole numbers add up exactly in
 * any order; a sum of fractions that came out a little lower would be read as a restart.
 */
export function durationValues({ buckets, count, sumMs }: Histogram): number[] {
  let cumulative = 0;
  let bucket = 0;
  const values = beyond.map((end) => {
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
