import { expect, test } from 'vitest';
import {
  latencyBounds,
  latencyBucketCount,
  latencyBucketOf,
  latencyBucketStart,
  nearestLatencyBound,
} from './latency-buckets.ts';

test('puts every microsecond into the bucket that spans it', () => {
  for (let us = 1; us < 2 ** 31; us = Math.ceil(us * 1.01)) {
    const bucket = latencyBucketOf((us + 0.5) / 1000);
    expect(latencyBucketStart(bucket)).toBeLessThanOrEqual(us);
    expect(latencyBucketStart(bucket + 1)).toBeGreaterThan(us);
  }
});

test('puts what is out of range at the ends', () => {
  expect([0, -1, Number.NaN, 0.0001].map(latencyBucketOf)).toEqual([0, 0, 0, 0]);
  expect(latencyBucketOf(1e12)).toBe(latencyBucketCount - 1);
  expect(latencyBucketOf(Infinity)).toBe(latencyBucketCount - 1);
});

test.each([
  [500, 0.524288],
  [1000, 1.048576],
  [780, 0.524288],
  [790, 1.048576],
  [0, 0.000256],
  [60_000, 33.554432],
])('%i ms are nearest to the bound of %f s', (milliseconds, bound) => {
  expect(nearestLatencyBound(milliseconds)).toBe(bound);
  expect(latencyBounds).toContain(bound);
});
