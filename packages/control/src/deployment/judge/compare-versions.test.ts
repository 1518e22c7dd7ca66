import { latencyBucketOf, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { compareVersions } from './compare-versions.ts';
import type { VersionCounts } from '@sluice/model';

type Law = { errors: number; ms: (random: number) => number };

/** The same numbers at every run: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function add(counts: VersionCounts, requests: number, { errors, ms }: Law, random: () => number): VersionCounts {
  const latencies = new Map(counts.latencies);
  let failures = 0;
  for (let one = 0; one < requests; one++) {
    if (random() < errors) failures++;
    const bucket = latencyBucketOf(ms(random()));
    latencies.set(bucket, (latencies.get(bucket) ?? 0) + 1);
  }
  return {
    ...counts,
    requests: counts.requests + requests,
    failures: counts.failures + failures,
    latencies: [...latencies].toSorted(([a], [b]) => a - b),
  };
}

/** Latencies with a long tail: exponential around `mean`. */
const exponential = (mean: number) => (random: number) => -mean * Math.log(1 - random);
const stable: Law = { errors: 0.02, ms: exponential(20) };

describe('differences of two versions', () => {
  test('nothing counted is nothing known', () => {
    for (const { confidence, difference } of compareVersions({ stable: noCounts, candidate: noCounts })) {
      expect({ confidence, difference }).toEqual({ confidence: 0, difference: 0 });
    }
  });

  test('a difference that is there is found, with its direction', () => {
    const random = randomFrom(1);
    const slower: Law = { errors: 0.06, ms: exponential(30) };
    const differences = compareVersions({
      stable: add(noCounts, 10_000, stable, random),
      candidate: add(noCounts, 10_000, slower, random),
    });
    for (const measure of ['errorRate', 'p50Latency', 'p95Latency', 'p99Latency'] as const) {
      const found = differences.find((one) => one.measure === measure)!;
      expect(found.confidence, measure).toBeGreaterThan(0.99);
      expect(found.low, measure).toBeGreaterThan(0);
    }
  });

  test('of two equal versions a difference is ever claimed less often than 1 time in 100, with 60 looks at each', () => {
    const random = randomFrom(2);
    const runs = 400;
    const claimed = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      let [a, b] = [noCounts, noCounts];
      const claims = new Set<string>();
      for (let look = 0; look < 60; look++) {
        [a, b] = [add(a, 40, stable, random), add(b, 40, stable, random)];
        for (const { measure, confidence, low, high } of compareVersions({ stable: a, candidate: b })) {
          if (confidence >= 0.99 || (low ?? -1) > 0 || (high ?? 1) < 0) claims.add(measure);
        }
      }
      for (const measure of claims) claimed.set(measure, (claimed.get(measure) ?? 0) + 1);
    }
    for (const [measure, times] of claimed) expect(times, measure).toBeLessThanOrEqual(runs * 0.01);
  });
});
