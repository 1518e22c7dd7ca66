import { exposedBuckets, latencyBounds } from '@sluice/model/latency-buckets';
import type { HistogramValues } from '@sluice/service';
import { overheadBounds } from '../state/index.ts';
import type { Exemplars, Histogram, Overhead } from '../state/index.ts';

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

/** The same of what the gateway added. */
export function overheadValues({ buckets, sumUs }: Overhead): number[] {
  let cumulative = 0;
  return [...buckets.map((count) => (cumulative += count)), sumUs];
}

/** Such numbers in seconds, as they are written. */
export function durationHistogram(values: readonly number[], exemplars?: () => Exemplars): HistogramValues {
  return inSeconds(latencyBounds, values, exemplars);
}

/** Such numbers of the overhead. */
export function overheadHistogram(values: readonly number[], exemplars?: () => Exemplars): HistogramValues {
  return inSeconds(overheadBounds, values, exemplars);
}

function inSeconds(bounds: readonly number[], values: readonly number[], exemplars?: () => Exemplars): HistogramValues {
  const [count, sum] = values.slice(bounds.length);
  return { bounds, cumulative: values, count, sum: sum / 1e6, exemplars };
}
