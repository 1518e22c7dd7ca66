import { expect, test } from 'vitest';
import { ours } from './ours.ts';
import { runsIn } from './tally.ts';

// Needs no server, but more time than `npm test` has, where a third of these deployments run.

test('simulated deployments of equal candidates are rolled back by mistake at most 1 time in 100, with a look every second', () => {
  const equal = ours(({ name }) => name === 'equal', 12);
  expect(runsIn(equal)).toBe(108);
  expect(equal.rolledBack / runsIn(equal)).toBeLessThanOrEqual(0.01);
  expect(equal.completed).toBeGreaterThan(80);
}, 180_000);
