import { expect, test } from 'vitest';
import type { CounterSeries } from './counter-series.ts';
import { RetiredCounters } from './retired-counters.ts';
import type { Retiring } from './retired-counters.ts';

const counted = (route: string, ...values: number[]): CounterSeries => ({ family: 'f', labels: { route }, values });
const gone = (route: string, ...values: number[]): Retiring => ({
  labels: { route },
  series: [counted(route, ...values)],
});
const shown = (retired: RetiredCounters, others: CounterSeries[] = []) =>
  Object.fromEntries([...(retired.and(others).get('f')?.values() ?? [])].map((one) => [one.labels.route, one.values]));

test('adds up what was counted under one name', () => {
  const retired = new RetiredCounters();
  retired.retire([gone('a', 1, 2), gone('a', 3, 4), gone('b', 5)], () => []);
  expect(shown(retired)).toEqual({ a: [4, 6], b: [5] });
  expect(shown(retired, [counted('a', 1, 1), counted('c', 1)])).toEqual({ a: [5, 7], b: [5], c: [1] });
  expect(shown(retired)).toEqual({ a: [4, 6], b: [5] });
});

test('beyond the limit forgets the names that have been gone for longest, but no number and no name that runs', () => {
  const retired = new RetiredCounters(2);
  retired.retire([gone('runs', 1), gone('a', 2), gone('b', 4)], () => [{ route: 'runs' }]);
  expect(shown(retired)).toEqual({ '': [2], runs: [1], b: [4] });
  retired.retire([gone('runs', 8)], () => []);
  retired.retire([gone('c', 16)], () => []);
  expect(shown(retired)).toEqual({ '': [6], runs: [9], c: [16] });
});
