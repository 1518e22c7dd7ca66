/** The statuses of requests that failed: by the gateway, or by a backend behind it. */
export const failed = { matching: '5..' } as const;

/** Where the rules of alerts begin to complain, and where dashboards draw their lines. */
export const thresholds = {
  /** Share of requests that the gateway or a backend failed. */
  errorRatio: 0.05,
  /** The duration that 95 of 100 requests keep below. */
  p95Seconds: 1,
  /** The same for 99 of 100. */
  p99Seconds: 2,
  /** Timers that run later than this delay every request of the worker. */
  overloadSeconds: 0.05,
  /** With fewer requests in five minutes, one failure is a share that says nothing. */
  requestsForErrors: 20,
  /** The same for one slow request among those that the quantile looks at. */
  requestsForP95: 20,
  requestsForP99: 100,
  /** Failed or slow requests that a burn rate has to be made of. */
  badRequests: 10,
} as const;
