import { BoundedMap } from './bounded-map.ts';

/** Whether a request is within its limit, for the `X-RateLimit-` headers. */
export interface RateLimitVerdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the minute is over. */
  readonly resetSeconds: number;
}

interface Minute {
  readonly began: number;
  readonly count: number;
}

const minuteMs = 60_000;

/** Counts the requests of each caller in each group, minute by minute, in this process. Remembers 20,000 pairs at most. */
export class RateLimits {
  readonly #clock: () => number;
  readonly #minutes = new BoundedMap<Minute>(20_000);

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Counts one request. A minute begins with its first request. */
  take(caller: string, group: string, perMinute: number): RateLimitVerdict {
    const { began, count } = this.#minute(caller, group);
    const allowed = count < perMinute;
    if (allowed) this.#minutes.set(keyOf(caller, group), { began, count: count + 1 });
    return this.#verdict({ began, count: count + 1 }, perMinute, allowed);
  }

  /** Says whether one more request would be within the limit, and counts nothing. */
  look(caller: string, group: string, perMinute: number): RateLimitVerdict {
    const minute = this.#minute(caller, group);
    return this.#verdict(minute, perMinute, minute.count < perMinute);
  }

  /** Takes back one request of the current minute. */
  giveBack(caller: string, group: string): void {
    const { began, count } = this.#minute(caller, group);
    if (count > 0) this.#minutes.set(keyOf(caller, group), { began, count: count - 1 });
  }

  #minute(caller: string, group: string): Minute {
    const now = this.#clock();
    const known = this.#minutes.get(keyOf(caller, group));
    const isOver = known === undefined || now - known.began >= minuteMs || now < known.began;
    return isOver ? { began: now, count: 0 } : known;
  }

  #verdict({ began, count }: Minute, perMinute: number, allowed: boolean): RateLimitVerdict {
    return {
      allowed,
      limit: perMinute,
      remaining: Math.max(0, perMinute - count),
      resetSeconds: Math.max(1, Math.ceil((began + minuteMs - this.#clock()) / 1000)),
    };
  }
}

function keyOf(caller: string, group: string): string {
  return `${group}\n${caller}`;
}
