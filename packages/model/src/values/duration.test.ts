import { expect, test } from 'vitest';
import { duration, formatDuration, parseDuration } from './duration.ts';

test.each([
  ['250ms', 250],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['1m', 60_000],
  ['2h', 7_200_000],
  ['0ms', 0],
  ['PT5M', 300_000],
  ['PT1H30M', 5_400_000],
  ['PT0.25S', 250],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['5', '5 s', '-5s', '5d', 's', '', 'PT', 'P1D', 'PT5', '1h30m', '5S'])('%j is refused', (text) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(duration().safeParse(text).success).toBe(false);
});

test('a bare number is refused because it has no unit', () => {
  expect(duration().safeParse(5).error?.issues[0]?.message).toContain('a number needs a unit, as in 5s');
});

test('zero is taken only where it makes sense, and nothing longer than a timer can wait', () => {
  expect(duration(0).safeParse('0s').data).toBe(0);
  expect(duration().safeParse('0s').success).toBe(false);
  expect(duration().safeParse('600h').success).toBe(false);
});

test.each([
  [0, '0s'],
  [1, '1ms'],
  [1_500, '1500ms'],
  [30_000, '30s'],
  [90_000, '90s'],
  [300_000, '5m'],
  [7_200_000, '2h'],
])('%d milliseconds are written as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
  expect(parseDuration(text)).toBe(milliseconds);
});

test('a duration that no timer waits for may be longer, if it is meant to', () => {
  expect(duration(1, 100 * 86_400_000).safeParse('2400h').data).toBe(8_640_000_000);
  expect(duration(1, 100 * 86_400_000).safeParse('2401h').error?.issues[0]?.message).toBe('too long: at most 100 days');
});
