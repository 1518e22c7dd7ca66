import { expect, test } from 'vitest';
import { isoTime } from './time-text.ts';

test('a time is written as a Date writes it, in whatever order times come', () => {
  const times = [
    0, 1, 999, 1000, 1_767_225_600_000, 1_767_225_600_007, 1_767_225_599_999, 1_767_225_600_090, 999, 61_000,
  ];
  expect(times.map(isoTime)).toEqual(times.map((at) => new Date(at).toISOString()));
});
