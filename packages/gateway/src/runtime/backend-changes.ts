import type { Logger } from '@sluice/service';
import type { BackendChange } from '../forward/worker-context.ts';

/** Why a backend gets no requests: it is ejected, or its circuit breaker is open. */
export interface BackendReasons {
  readonly ejected?: string | undefined;
  readonly open?: string | undefined;
}

const messages = {
  ejected: 'backend is ejected',
  open: 'circuit breaker is open',
  'half-open': 'circuit breaker is half-open',
  closed: 'circuit breaker is closed',
} as const;

/** The most backends whose reasons are kept; names come and go with configurations. */
const most = 10_000;

/** Logs each change of a backend that traffic causes, and remembers the reason. */
export class BackendChanges {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #reasons = new Map<string, BackendReasons>();

  /** `now` is the time of day in milliseconds. */
  constructor(log: Logger, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  heard({ route, backend, what, forMs, reason, traceId }: BackendChange): void {
    const until = forMs === undefined ? undefined : new Date(this.#now() + forMs).toISOString();
    const fields = {
      route,
      backend,
      ...(until !== undefined && { until }),
      ...(reason !== undefined && { reason }),
      traceId,
    };
    if (what === 'ejected' || what === 'open') {
      this.#log.warn(messages[what], fields);
      const key = keyOf(route, backend);
      this.#reasons.set(key, { ...this.#reasons.get(key), [what]: reason });
      for (const oldest of this.#reasons.keys()) if (this.#reasons.size > most) this.#reasons.delete(oldest);
    } else this.#log.info(messages[what], fields);
  }

  /** Why a backend was last ejected, and why its breaker last opened. */
  reasons(route: string, backend: string): BackendReasons {
    return this.#reasons.get(keyOf(route, backend)) ?? {};
  }
}

function keyOf(route: string, backend: string): string {
  return `${route}\n${backend}`;
}
