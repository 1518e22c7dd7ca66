/** Buckets of a latency histogram: eight of equal width per octave, from one microsecond to 35 minutes. */
export const latencyBucketCount = 248;

/** Durations over which a bucket index would leave the 32-bit integers it is computed with: 35 minutes. */
const longestMs = 2_147_483;

/** The bucket of a duration in milliseconds. Shorter and longer durations go to the first and last one. */
export function latencyBucketOf(durationMs: number): number {
  const us = durationMs >= longestMs ? 0x7fffffff : (durationMs * 1000) | 0;
  if (us < 1) return 0;
  const octave = 31 - Math.clz32(us);
  return (octave << 3) + ((octave > 3 ? us >>> (octave - 3) : us << (3 - octave)) & 7);
}

/** Where a bucket begins, in microseconds; it ends where the next begins. */
export function latencyBucketStart(bucket: number): number {
  return 2 ** (bucket >> 3) * (1 + (bucket & 7) / 8);
}
