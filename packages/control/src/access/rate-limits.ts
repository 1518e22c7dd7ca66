/** What became of a request under a limit; what the `X-RateLimit-` headers say. */
export interface RateLimitVerdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the minute is over; also the Retry-After of a refusal. */
  readonly resetSeconds: number;
}

/** Counts requests of each caller to each operation, minute by minute, in this process. */
export interface RateLimits {
  /** Counts one. The caller is `<kind>:<name>` of the principal. */
  take(caller: string, operationId: string, perMinute: number): RateLimitVerdict;
}
