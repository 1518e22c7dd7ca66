import type { RouteStatistics } from '@sluice/model';
import type { RoutePlan } from '../compile/plan.ts';
import { quantile, RouteTelemetry } from '../state/index.ts';
import type { NodeMemory, NodeState } from '../state/index.ts';

/**
 * What a route did since the node started, or since the route came if that was later. Failures are answers with a status
 * of 500 or more, whoever gave them. Quantiles are off by an eighth at most, and 0 when there were no requests.
 */
export interface DetailedStatistics extends RouteStatistics {
  /** From the first byte of a request to the last of its answer; 0 when there were none. */
  readonly averageMs: number;
  /**
   * Exchanges in flight. Exact for routes that limit them; for others it is what runs at the addresses of its backends,
   * by whichever route.
   */
  readonly activeRequests: number;
  readonly byStatusClass: Readonly<Record<StatusClass, number>>;
}

/** The classes of statuses. */
export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx';

/** Reads statistics of routes from shared memory; taking them costs the workers nothing. */
export class StatisticsReader {
  readonly #telemetry: RouteTelemetry;
  readonly #state: NodeState;
  #seen: ReadonlyMap<string, number> = new Map();

  constructor(memory: NodeMemory, state: NodeState) {
    this.#telemetry = new RouteTelemetry(memory);
    this.#state = state;
  }

  /** Requests finished on the node since it started. */
  requestsTotal(): number {
    return this.#telemetry.finishedByNode();
  }

  /** The statistics of a route, with what no report has. */
  detailed(route: RoutePlan): DetailedStatistics {
    const { count, sumMs } = this.#telemetry.durations(route.slot);
    const [informed, fine, redirected, refused, failed] = this.#telemetry.classes(route.slot);
    return {
      ...this.#of(route),
      averageMs: count === 0 ? 0 : sumMs / count,
      activeRequests: this.#active(route),
      byStatusClass: { '1xx': informed, '2xx': fine, '3xx': redirected, '4xx': refused, '5xx': failed },
    };
  }

  /** The statistics of those routes that finished a request since the last call. */
  busy(routes: Iterable<RoutePlan>): RouteStatistics[] {
    const seen = new Map<string, number>();
    const busy: RouteStatistics[] = [];
    for (const route of routes) {
      const finished = this.#telemetry.finished(route.slot);
      if (finished === 0) continue;
      const { name } = route.config;
      seen.set(name, finished);
      if (this.#seen.get(name) !== finished) busy.push(this.#of(route));
    }
    this.#seen = seen;
    return busy;
  }

  #of({ slot, config }: RoutePlan): RouteStatistics {
    const durations = this.#telemetry.durations(slot);
    const at = (share: number): number => (durations.count === 0 ? 0 : quantile(durations, share));
    const failures = this.#telemetry.classes(slot)[4];
    return {
      routeId: config.routeId,
      requests: durations.count,
      failures,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
    };
  }

  #active({ slot, config, places, split }: RoutePlan): number {
    if (config.maxConcurrentRequests > 0) {
      const own = this.#state.routes.count(slot);
      return split === undefined || split.limit === slot ? own : own + this.#state.routes.count(split.limit);
    }
    const targets = new Set([...places, ...(split?.places ?? [])].map((place) => place.target));
    let active = 0;
    for (const target of targets) active += this.#state.targets.count(target);
    return active;
  }
}
