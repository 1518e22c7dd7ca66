import { ControlError } from '@sluice/model';

/**
 * How long a node waits before it asks control again, in milliseconds; `failures` counts those in a row, from 1. The wait
 * has a jitter of half its length, so that nodes do not all come back at once. A node that is refused, or cannot
 * understand control, waits longer: a person has to act first.
 */
export function backoff(error: unknown, failures: number, random: () => number): number {
  const failure = error instanceof ControlError ? error.failure : 'garbage';
  const longest = { unreachable: 1_000, unavailable: 1_000, garbage: 5_000, unauthorized: 10_000 }[failure];
  const first = failure === 'unauthorized' ? longest : 100;
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 10));
  return Math.max(100, full * (0.5 + random() / 2));
}
