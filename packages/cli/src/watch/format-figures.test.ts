import { expect, test } from 'vitest';
import { formatClock, formatCount, formatLatency, formatRate, formatShare } from './format-figures.ts';
import { sparkline } from './sparkline.ts';
import { wrapText } from '../terminal/wrap-text.ts';

test.each([
  [0, '0 %'],
  [0.000_01, '<0.01 %'],
  [0.0002, '0.02 %'],
  [0.000_96, '0.1 %'],
  [0.081, '8.1 %'],
  [0.0999, '10 %'],
  [1, '100 %'],
])('a rate of %d is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  [0, '0.0 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [65_000, '65.0 s'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatLatency(milliseconds)).toBe(text);
});

test.each([
  [-5, '0:00'],
  [61_999, '1:01'],
  [3_661_000, '1:01:01'],
  [90_061_000, '1 d 01:01'],
])('a clock that shows %d milliseconds shows %s', (milliseconds, text) => {
  expect(formatClock(milliseconds)).toBe(text);
});

test('counts and shares are short', () => {
  expect([0, 12_204, 9_999_999, 12_240_000].map(formatCount)).toEqual(['0', '12,204', '9,999,999', '12.2 M']);
  expect([0, 0.01, 0.1 + 0.2, 100].map(formatShare)).toEqual(['0 %', '0.01 %', '0.3 %', '100 %']);
});

test('a sparkline ends at the right, leaves gaps, and keeps the newest', () => {
  expect(sparkline([0, 5, undefined, 10], { width: 6, top: 10 })).toBe('  ▁▅ █');
  expect(sparkline([10, 0, 0], { width: 2, top: 10 })).toBe('▁▁');
  expect(sparkline([0], { width: 1, top: 0 })).toBe('▁');
});

test('texts are broken between words, and never longer than the width', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('a bcdefghijk l', 4)).toEqual(['a', 'bcde', 'fghi', 'jk l']);
  expect(wrapText('', 4)).toEqual([]);
});
