import { expect, test } from 'vitest';
import { longestRetryMs, retryDelay } from './retry-delay.ts';

function delaysWith(random: number): readonly number[] {
  const delays: number[] = [];
  for (
    let delay = retryDelay(1, () => random);
    delay !== undefined;
    delay = retryDelay(delays.length + 1, () => random)
  )
    delays.push(delay);
  return delays;
}

test('it is tried for about a day, ever more seldom', () => {
  const delays = delaysWith(0);
  expect(delays.slice(0, 5)).toEqual([5_000, 30_000, 120_000, 600_000, 3_600_000]);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
  expect(hours).toBeGreaterThan(20);
  expect(hours).toBeLessThan(24);
});

test('however chance will have it, no notice is too old before its last try', () => {
  expect(delaysWith(1).reduce((sum, delay) => sum + delay, 0)).toBeLessThanOrEqual(longestRetryMs);
});
