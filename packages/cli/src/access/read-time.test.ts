import { expect, test } from 'vitest';
import { UsageError } from '../command/command.ts';
import { readFuture, readPast } from './read-time.ts';

const now = Date.parse('2026-06-15T12:00:00.000Z');

test.each([
  ['1h', '2026-06-15T11:00:00.000Z'],
  ['7d', '2026-06-08T12:00:00.000Z'],
  ['PT5M', '2026-06-15T11:55:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T08:00', '2026-01-31T08:00:00.000Z'],
  ['2026-01-31T08:00:00+02:00', '2026-01-31T06:00:00.000Z'],
])('since %s is %s', (text, moment) => {
  expect(readPast('since', text, now)).toBe(moment);
});

test('an expiry is in the future', () => {
  expect(readFuture('expires', '90d', now)).toBe('2026-09-13T12:00:00.000Z');
  expect(() => readFuture('expires', '2026-06-15', now)).toThrow('--expires: 2026-06-15 is in the past');
});

test.each(['', '5', 'yesterday', '2026-13-01', '2026-1-1', '99999999999999h', '-1h'])('%j is no moment', (text) => {
  expect(() => readPast('since', text, now)).toThrow(UsageError);
});
