import type { NodeReport, RouteStatistics } from '@sluice/model';

/** What was counted on one route or on all. */
export interface RouteCounts {
  readonly requests: number;
  readonly failures: number;
}

interface Instance {
  seenAt: number;
  /** Its last statistics, by route. */
  readonly routes: Map<string, RouteStatistics>;
}

/** How long a silent process is remembered, so that it is not counted twice when it comes back. In milliseconds. */
const forgetMs = 3_600_000;
/** The most processes told apart. */
const mostInstances = 20_000;
/** The most routes that one process may count on. */
const mostRoutes = 50_000;
/** The most routes told apart, including those that are gone; counts of others are in the sum of all. */
const mostTotals = 200_000;

/**
 * Adds up what nodes count from report to report, so that a total never falls while this process lives: not when a node or
 * a route leaves, and not when a node restarts and begins at 0. A route that comes back continues its total.
 */
export class RouteLedger {
  /** The longest silent come first. */
  readonly #instances = new Map<string, Instance>();
  readonly #totals = new Map<string, RouteCounts>();
  #all: RouteCounts = { requests: 0, failures: 0 };

  /** Takes the counts of a report that is newer than all others of its process; `now` in milliseconds. */
  put({ nodeId, instanceId, routes }: Pick<NodeReport, 'nodeId' | 'instanceId' | 'routes'>, now: number): void {
    const key = `${nodeId} ${instanceId}`;
    const instance = this.#instances.get(key) ?? { seenAt: now, routes: new Map<string, RouteStatistics>() };
    this.#instances.delete(key);
    this.#instances.set(key, instance);
    instance.seenAt = now;
    for (const statistics of routes) this.#add(instance, statistics);
    this.#forget(now);
  }

  /** Undefined when nothing was counted on the route. */
  of(routeId: string): RouteCounts | undefined {
    return this.#totals.get(routeId);
  }

  /** On all routes, also those that are gone. */
  all(): RouteCounts {
    return this.#all;
  }

  #add({ routes }: Instance, statistics: RouteStatistics): void {
    const { routeId } = statistics;
    const before = routes.get(routeId);
    if (before === undefined && routes.size >= mostRoutes) return;
    routes.set(routeId, statistics);
    const more = {
      requests: increase(before?.requests, statistics.requests),
      failures: increase(before?.failures, statistics.failures),
    };
    this.#all = plus(this.#all, more);
    const total = this.#totals.get(routeId);
    if (total !== undefined || this.#totals.size < mostTotals) this.#totals.set(routeId, plus(total, more));
  }

  #forget(now: number): void {
    for (const [key, { seenAt }] of this.#instances) {
      if (now - seenAt < forgetMs && this.#instances.size <= mostInstances) return;
      this.#instances.delete(key);
    }
  }
}

/** A count that is lower than before began at 0 again, because the route had left the node meanwhile. */
function increase(before = 0, now: number): number {
  return now >= before ? now - before : now;
}

function plus(one: RouteCounts | undefined, other: RouteCounts): RouteCounts {
  return { requests: (one?.requests ?? 0) + other.requests, failures: (one?.failures ?? 0) + other.failures };
}
