import { expect, test } from 'vitest';
import { median, percentile, spread } from './statistics.ts';

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

test('a percentile is the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(values, 99)).toBe(99);
  expect(percentile(values, 100)).toBe(100);
  expect(percentile([7], 99)).toBe(7);
});

test('the spread is the distance of the extremes as a share of the median', () => {
  expect(spread([10, 12, 9])).toBeCloseTo(0.3);
});

test('of nothing there is no figure', () => {
  expect(median([])).toBeNaN();
  expect(spread([])).toBeNaN();
});
