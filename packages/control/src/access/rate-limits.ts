import { BoundedMap } from './bounded-map.ts';

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
  /** Counts one. The caller is `<kind>:<name>` of the principal; a minute begins with its first request. */
  take(caller: string, operationId: string, perMinute: number): RateLimitVerdict;
}

const minuteMs = 60_000;

/** Makes the limits. At most 20,000 pairs of caller and operation are remembered. */
export function createRateLimits(clock: () => number): RateLimits {
  const minutes = new BoundedMap<{ readonly began: number; readonly count: number }>(20_000);
  return {
    take(caller, operationId, perMinute) {
      const key = `${operationId}\n${caller}`;
      const now = clock();
      const known = minutes.get(key);
      const isOver = known === undefined || now - known.began >= minuteMs || now < known.began;
      const { began, count } = isOver ? { began: now, count: 0 } : known;
      const allowed = count < perMinute;
      if (allowed) minutes.set(key, { began, count: count + 1 });
      return {
        allowed,
        limit: perMinute,
        remaining: Math.max(0, perMinute - count - 1),
        resetSeconds: Math.max(1, Math.ceil((began + minuteMs - now) / 1000)),
      };
    },
  };
}
