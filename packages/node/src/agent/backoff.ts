import { ControlError } from '@sluice/model';

/**
 * How long to wait before control is asked again, in milliseconds, after so many failures in a row (1 for the first).
 * Jittered by half, so that nodes do not come back all at once. Whoever is refused, or not understood, is not in a hurry:
 * a person has to do something first.
 */
export function backoff(error: unknown, failures: number, random: () => number): number {
  const failure = error instanceof ControlError ? error.failure : 'garbage';
  const longest = { unreachable: 1_000, unavailable: 1_000, garbage: 5_000, unauthorized: 10_000 }[failure];
  const first = failure === 'unauthorized' ? longest : 100;
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 10));
  return Math.max(100, full * (0.5 + random() / 2));
}
