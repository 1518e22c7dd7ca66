import { expect, test } from 'vitest';
import { ours } from './ours.ts';
import { runsIn } from './tally.ts';

// Needs no server, but more time than `npm test` has, where a sixth of these deployments run.

test('simulated deployments of equal candidates are rolled back by mistake at most 1 time in 200, with a look every second', () => {
  const equal = ours(({ name, rate }) => name === 'equal' && rate >= 20, 12);
  expect(runsIn(equal)).toBe(108);
  expect(equal.rolledBack / runsIn(equal)).toBeLessThanOrEqual(0.005);
}, 180_000);

test.each(['equal', 'equal, both fail for a minute', 'equal but for one bad second'])(
  'with 20 requests/s at most 1 deployment in 10 ends in a question to a person: %s',
  (what) => {
    const equal = ours(({ name, rate }) => name === what && rate === 20, 12);
    expect(runsIn(equal)).toBe(36);
    expect(equal.rolledBack / runsIn(equal)).toBeLessThanOrEqual(0.005);
    expect(equal.asked / runsIn(equal)).toBeLessThanOrEqual(0.1);
  },
  180_000,
);

test('with 5 and 20 requests/s, for all the time that a phase may take, no slow tail is missed more often than 1 time in 100', () => {
  const bad = ours(({ name, rate }) => name === '+50 % of p99, slow tail only' && (rate === 5 || rate === 20), 20);
  expect(runsIn(bad)).toBe(120);
  expect(bad.completed / runsIn(bad)).toBeLessThanOrEqual(0.01);
}, 300_000);
