/** Buckets of a latency histogram: eight of equal width per octave, from one microsecond to 35 minutes. */
export const latencyBucketCount = 248;

/** Durations from which on whole microseconds would leave the 32-bit integers that are computed with: 35 minutes. */
const longestMs = 2_147_483;

/** A duration in whole microseconds, at most the longest that a histogram knows. perf: a small integer. */
export function wholeMicroseconds(durationMs: number): number {
  return durationMs >= longestMs ? 0x7fffffff : (durationMs * 1000) | 0;
}

/** The bucket of a duration in milliseconds. Shorter and longer durations go to the first and last one. */
export function latencyBucketOf(durationMs: number): number {
  const us = wholeMicroseconds(durationMs);
  if (us < 1) return 0;
  const octave = 31 - Math.clz32(us);
  return (octave << 3) + ((octave > 3 ? us >>> (octave - 3) : us << (3 - octave)) & 7);
}

/** Where a bucket begins, in microseconds; it ends where the next begins. */
export function latencyBucketStart(bucket: number): number {
  return 2 ** (bucket >> 3) * (1 + (bucket & 7) / 8);
}

// Octaves: their bounds are bounds of buckets that are stored, so that the counts are exact.
const firstOctave = 8;
const lastOctave = 25;

/** For each bucket of the histograms in metrics, the first stored one beyond it. */
export const exposedBuckets: readonly number[] = Array.from(
  { length: lastOctave - firstOctave + 1 },
  (_, index) => (firstOctave + index) * 8,
);
/** The upper bounds of those buckets in seconds, from 256 µs to 33.6 s, each twice the one before. */
export const latencyBounds: readonly number[] = exposedBuckets.map((bucket) => latencyBucketStart(bucket) / 1e6);

/** The bound in seconds that a duration in milliseconds is nearest to. */
export function nearestLatencyBound(durationMs: number): number {
  const distance = (bound: number): number => Math.abs(bound - durationMs / 1000);
  return latencyBounds.reduce((best, bound) => (distance(bound) < distance(best) ? bound : best));
}
