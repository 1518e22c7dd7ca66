export { createHealthChecker, delayByTimer, type HealthChecker, type HealthCheckerOptions } from './health-checker.ts';
export type { ProbeResult } from './probe.ts';
export type { CheckedTarget, Delay, HealthState, HealthVerdicts } from './target-check.ts';
