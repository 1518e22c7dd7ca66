import { latencyBucketStart } from '@sluice/model/latency-buckets';
import type { Histogram } from '../state/index.ts';
import type { Labels, MetricText } from './metric-text.ts';

// Octaves of the stored histogram: the bounds of these buckets are bounds of stored ones, so that the counts are exact.
const firstOctave = 8;
const lastOctave = 25;

/** Upper bounds from 256 µs to 33.6 s, each twice the one before, with the index of the first stored bucket beyond. */
const bounds = Array.from({ length: lastOctave - firstOctave + 1 }, (_, i) => {
  const beyond = (firstOctave + i) * 8;
  return { beyond, le: String(latencyBucketStart(beyond) / 1e6) };
});

/** Writes one histogram in seconds: cumulative buckets, sum and count. */
export function writeDurations(text: MetricText, name: string, labels: Labels, histogram: Histogram): void {
  let cumulative = 0;
  let bucket = 0;
  for (const { beyond, le } of bounds) {
    for (; bucket < beyond; bucket++) cumulative += histogram.buckets[bucket];
    text.sample(`${name}_bucket`, { ...labels, le }, cumulative);
  }
  text.sample(`${name}_bucket`, { ...labels, le: '+Inf' }, histogram.count);
  text.sample(`${name}_sum`, labels, histogram.sumMs / 1000);
  text.sample(`${name}_count`, labels, histogram.count);
}
