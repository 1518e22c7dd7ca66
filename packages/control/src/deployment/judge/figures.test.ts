import { latencyBucketOf, latencyBucketStart, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { figuresOf } from './figures.ts';
import { createSampler, logNormal, quantile } from './simulation/latency-law.ts';
import { createRandom } from './simulation/random.ts';

function withLatencies(durations: readonly number[]): ReturnType<typeof figuresOf> {
  const buckets = Map.groupBy(durations.map(latencyBucketOf), (bucket) => bucket);
  const latencies = [...buckets].map(([bucket, all]) => [bucket, all.length] as const);
  return figuresOf({ ...noCounts, requests: durations.length, latencies: latencies.toSorted((a, b) => a[0] - b[0]) });
}

describe('the figures of a version', () => {
  test('are zero without requests, and numbers', () => {
    expect(Object.values(figuresOf(noCounts)).every((value) => value === 0)).toBe(true);
  });

  test('give shares and percentiles', () => {
    const figures = withLatencies(Array.from({ length: 10_000 }, (_, index) => (index + 1) / 10));
    // As exact as a bucket is wide: an eighth to a sixteenth.
    for (const [measured, truth] of [
      [figures.p50Latency, 500],
      [figures.p95Latency, 950],
      [figures.p99Latency, 990],
    ] as const) {
      expect(Math.abs(measured / truth - 1)).toBeLessThan(0.0625);
    }
    expect(figuresOf({ ...noCounts, requests: 8, failures: 2 }).errorRate).toBe(0.25);
  });

  test('bound the 99th percentile from both sides, as wide as few requests make it', () => {
    const few = withLatencies(Array.from({ length: 100 }, () => 10));
    expect(few.p99Low).toBeLessThanOrEqual(10);
    expect(few.p99High).toBe(latencyBucketStart(248) / 1000);
    const many = withLatencies(Array.from({ length: 100_000 }, (_, index) => (index + 1) / 100));
    expect(many.p99Low).toBeGreaterThan(900);
    expect(many.p99High).toBeLessThan(1100);
  });

  test.each([400, 3000, 30_000])(
    'hold the true percentile between their bounds 99 times in 100: %i requests',
    (total) => {
      const law = logNormal(1);
      const truth = quantile(law, 0.99);
      const sample = createSampler(law);
      const random = createRandom(1, 'bounds');
      let outside = 0;
      const rounds = 600;
      for (let round = 0; round < rounds; round += 1) {
        const counts = new Map<number, number>();
        for (let request = 0; request < total; request += 1) {
          const bucket = sample(random);
          counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
        }
        const latencies = [...counts].toSorted((a, b) => a[0] - b[0]);
        const { p99Low, p99High } = figuresOf({ ...noCounts, requests: total, latencies });
        if (truth < p99Low || truth > p99High) outside += 1;
      }
      expect(outside / rounds).toBeLessThanOrEqual(0.01);
    },
  );
});
