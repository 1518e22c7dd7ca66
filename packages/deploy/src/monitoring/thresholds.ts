/** Where the rules of alerts begin to complain, and where dashboards draw their lines. */
export const thresholds = {
  /** Share of requests that the gateway or a backend failed. */
  errorRatio: 0.05,
  /** The duration that 95 of 100 requests keep below. */
  p95Seconds: 1,
  /** The same for 99 of 100. */
  p99Seconds: 2,
  /** Timers that run later than this say that a worker is short of CPU. */
  eventLoopLagSeconds: 0.01,
} as const;
