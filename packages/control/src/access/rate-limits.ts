import { BoundedMap } from './bounded-map.ts';

/** Whether a request is within its limit, for the `X-RateLimit-` headers. */
export interface RateLimitVerdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the minute is over. */
  readonly resetSeconds: number;
}

const minuteMs = 60_000;

/** Counts the requests of each caller in each group, minute by minute, in this process. Remembers 20,000 pairs at most. */
export class RateLimits {
  readonly #clock: () => number;
  readonly #minutes = new BoundedMap<{ readonly began: number; readonly count: number }>(20_000);

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Counts one request. A minute begins with its first request. */
  take(caller: string, group: string, perMinute: number): RateLimitVerdict {
    const key = `${group}\n${caller}`;
    const now = this.#clock();
    const known = this.#minutes.get(key);
    const isOver = known === undefined || now - known.began >= minuteMs || now < known.began;
    const { began, count } = isOver ? { began: now, count: 0 } : known;
    const allowed = count < perMinute;
    if (allowed) this.#minutes.set(key, { began, count: count + 1 });
    return {
      allowed,
      limit: perMinute,
      remaining: Math.max(0, perMinute - count - 1),
      resetSeconds: Math.max(1, Math.ceil((began + minuteMs - now) / 1000)),
    };
  }
}
