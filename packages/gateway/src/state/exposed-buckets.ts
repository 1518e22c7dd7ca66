/**
 * The buckets of the histograms that users see. Each is twice as wide as the one before, so that the exponent of a measurement
 * says its bucket.
 */
import { exposedBuckets } from '@sluice/model/latency-buckets';

const firstDurationOctave = exposedBuckets[0] >> 3;
const overheadOctaves = { first: 4, last: 20 } as const;

/** The upper bounds of the overhead in seconds: 16 µs to 1.05 s. */
export const overheadBounds: readonly number[] = Array.from(
  { length: overheadOctaves.last - overheadOctaves.first + 1 },
  (_, i) => 2 ** (overheadOctaves.first + i) / 1e6,
);

/** How many buckets there are, with the last one, which has no bound. */
export const durationBuckets = exposedBuckets.length + 1;
export const overheadBuckets = overheadBounds.length + 1;

/** The bucket of a duration, by the stored bucket that it falls in. */
export function durationBucketOf(storedBucket: number): number {
  return clamp((storedBucket >> 3) - firstDurationOctave + 1, durationBuckets - 1);
}

/** The bucket of an overhead in whole microseconds. */
export function overheadBucketOf(us: number): number {
  return clamp(31 - Math.clz32(us) - overheadOctaves.first + 1, overheadBuckets - 1);
}

function clamp(bucket: number, last: number): number {
  return bucket < 0 ? 0 : bucket > last ? last : bucket;
}
