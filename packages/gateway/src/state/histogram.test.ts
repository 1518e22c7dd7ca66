import { expect, test } from 'vitest';
import { addToHistogram, emptyHistogram, mergeHistogram, quantile } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { histogramLayout } from './layout.ts';

function histogramOf(durations: Iterable<number>): Histogram {
  const numbers = new Float64Array(histogramLayout.stride);
  for (const duration of durations) addToHistogram(numbers, 0, duration);
  const histogram = emptyHistogram();
  mergeHistogram(histogram, numbers, 0);
  return histogram;
}

test('estimates quantiles with an error of at most an eighth', () => {
  let seed = 42;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const shapes: Record<string, () => number> = {
    even: () => 1 + 99 * random(),
    skewed: () => 0.05 * Math.exp(8 * random()),
    twoPeaks: () => (random() < 0.9 ? 2 + random() : 900 + 10 * random()),
  };
  for (const shape of Object.values(shapes)) {
    const durations = Array.from({ length: 20_000 }, shape);
    const histogram = histogramOf(durations);
    const sorted = durations.toSorted((a, b) => a - b);
    for (const q of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
      expect(Math.abs(quantile(histogram, q) - exact) / exact).toBeLessThanOrEqual(0.125);
    }
  }
});

test('has no quantile of nothing, and the one value of one value', () => {
  expect(quantile(emptyHistogram(), 0.5)).toBeNaN();
  for (const q of [0, 0.5, 1]) expect(quantile(histogramOf([100]), q)).toBeGreaterThan(100 / 1.125);
  for (const q of [0, 0.5, 1]) expect(quantile(histogramOf([100]), q)).toBeLessThan(100 * 1.125);
});

test('keeps its sum a number whatever is measured', () => {
  expect(histogramOf([Number.NaN, -5, 10])).toMatchObject({ count: 3, sumMs: 10 });
});
