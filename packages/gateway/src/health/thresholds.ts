import type { HealthStatus } from '../state/index.ts';

/** How many results in a row change the verdict. */
export interface Thresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** How many of the last results were the same: positive for successes, negative for failures. */
export type Streak = number;

/** The streak after one more result. */
export function extend(streak: Streak, ok: boolean): Streak {
  if (ok) return streak > 0 ? streak + 1 : 1;
  return streak < 0 ? streak - 1 : -1;
}

/**
 * The verdict after a streak of results. A target without a verdict is in use already, so one success makes it healthy.
 * `Draining` is a decision of a person, which checks do not change.
 */
export function judge(status: HealthStatus, streak: Streak, thresholds: Thresholds): HealthStatus {
  if (status === 'Draining') return status;
  if (streak >= thresholds.healthyThreshold || (status === 'Unknown' && streak > 0)) return 'Healthy';
  if (-streak >= thresholds.unhealthyThreshold) return 'Unhealthy';
  return status;
}
