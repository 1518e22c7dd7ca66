import type { NodeReport, RouteStatistics } from '@sluice/model';

/** What was counted on a route, or on all of them. */
export interface RouteCounts {
  readonly requests: number;
  readonly failures: number;
}

interface Instance {
  seenAt: number;
  /** What it said last, by route. */
  readonly routes: Map<string, RouteStatistics>;
}

/** How long a process of a node is remembered after it was last heard of: one that comes back is not counted twice. In milliseconds. */
const forgetMs = 3_600_000;
/** Processes that are told apart. */
const mostInstances = 20_000;
/** Routes of which one process is believed to count something. */
const mostRoutes = 50_000;
/** Routes that are told apart, those that are gone included; what was counted on others is in the sum of all. */
const mostTotals = 200_000;

/**
 * Adds up what nodes count, from report to report. So a total never goes down while this process lives: not when a node
 * or a route leaves, nor when a node restarts and begins at 0. A route that comes back goes on where it was.
 */
export class RouteLedger {
  /** Longest unheard of first. */
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

  /** On all routes there are and were. */
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

/** A count that is lower than before began at 0 again: the route had left the node meanwhile. */
function increase(before = 0, now: number): number {
  return now >= before ? now - before : now;
}

function plus(one: RouteCounts | undefined, other: RouteCounts): RouteCounts {
  return { requests: (one?.requests ?? 0) + other.requests, failures: (one?.failures ?? 0) + other.failures };
}
