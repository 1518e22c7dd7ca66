import { histogramLayout } from './layout.ts';

const { buckets, bucketCount, count: COUNT, sum: SUM } = histogramLayout;

/** Durations over which a bucket index would leave the 32-bit integers it is computed with: 35 minutes. */
const longestMs = 2_147_483;

/** What was measured: number, sum in milliseconds, and how many fell in each bucket. */
export interface Histogram {
  count: number;
  sumMs: number;
  readonly buckets: Float64Array;
}

/**
 * The bucket of a duration: eight buckets of equal width per octave, starting at one microsecond. Shorter and longer
 * durations go to the first and last one.
 */
export function bucketOf(durationMs: number): number {
  const us = durationMs >= longestMs ? 0x7fffffff : (durationMs * 1000) | 0;
  if (us < 1) return 0;
  const octave = 31 - Math.clz32(us);
  return (octave << 3) + ((octave > 3 ? us >>> (octave - 3) : us << (3 - octave)) & 7);
}

/** Where a bucket begins, in microseconds; it ends where the next begins. */
export function bucketStart(bucket: number): number {
  return 2 ** (bucket >> 3) * (1 + (bucket & 7) / 8);
}

/** Adds a measurement to the histogram that starts at `at`. */
export function addToHistogram(numbers: Float64Array, at: number, durationMs: number): void {
  const duration = durationMs > 0 ? durationMs : 0;
  numbers[at + COUNT] += 1;
  numbers[at + SUM] += duration;
  numbers[at + buckets + bucketOf(duration)] += 1;
}

/** A histogram of nothing. */
export function emptyHistogram(): Histogram {
  return { count: 0, sumMs: 0, buckets: new Float64Array(bucketCount) };
}

/**
 * Adds what stands at `at` in shared memory to `into`. The count is taken from the buckets, so that both agree although
 * the worker goes on writing.
 */
export function mergeHistogram(into: Histogram, numbers: Float64Array, at: number): void {
  if (numbers[at + COUNT] === 0) return;
  into.sumMs += numbers[at + SUM];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
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
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const n = counts[bucket];
    if (below + n < rank) {
      below += n;
      continue;
    }
    const start = bucketStart(bucket);
    return (start + ((rank - below) / n) * (bucketStart(bucket + 1) - start)) / 1000;
  }
  return bucketStart(bucketCount) / 1000;
}
