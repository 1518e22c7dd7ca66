import type { Answer } from '@sluice/model/api';
import type { Immutable } from '@sluice/model';
import { countOf, latencyAtRank } from '../deployment/index.ts';
import type { Configuration } from '../configuration/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';

type Figures = Immutable<Answer<'getMetrics'>>;

/** The load of all live nodes together. */
export function loadFigures(registry: Pick<NodeRegistry, 'loads'>): Figures['load'] {
  const live = registry.loads();
  const sum = (pick: (load: (typeof live)[number]) => number): number =>
    live.reduce((total, load) => total + pick(load), 0);
  return {
    requestsPerSecond: sum((load) => load.requestsPerSecond),
    activeRequests: sum((load) => load.activeRequests),
    activeConnections: sum((load) => load.activeConnections),
    cpu: sum((load) => load.cpu),
    memoryBytes: sum((load) => load.memoryBytes),
  };
}

/** How long the requests of the last minute took. */
export function latencyFigures(registry: Pick<NodeRegistry, 'latencies'>): Figures['latency'] {
  const latencies = registry.latencies();
  const count = countOf(latencies);
  const at = (share: number): number => latencyAtRank(latencies, Math.max(share * count, 1));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** How many backends there are, by their health as the lists show it. */
export function backendFigures(
  configuration: Pick<Configuration, 'backend' | 'backends'>,
  registry: Pick<NodeRegistry, 'restingBackends'>,
): Omit<Figures['backends'], 'busiest'> {
  const { total } = configuration.backends({ offset: 0, limit: 0 });
  const resting = registry.restingBackends();
  if (resting === undefined) return { total, healthy: 0, unhealthy: 0, draining: 0, unknown: total };
  // A node may run an older revision, with backends that are gone.
  const known = [...resting].filter(([backendId]) => configuration.backend(backendId) !== undefined);
  const unhealthy = known.filter(([, status]) => status === 'Unhealthy').length;
  return { total, healthy: total - known.length, unhealthy, draining: known.length - unhealthy, unknown: 0 };
}

const mostTripped = 100;

/** The circuit breakers of all routes, by their state. */
export function breakerFigures(
  configuration: Pick<Configuration, 'routes'>,
  registry: Pick<NodeRegistry, 'trippedBreakers'>,
): Figures['circuitBreakers'] {
  const guarded = new Map<string, number>();
  for (const { id, document } of configuration.routes()) {
    if (document.circuitBreaker !== undefined) guarded.set(id, document.backends.length);
  }
  const all = [...guarded.values()].reduce((sum, count) => sum + count, 0);
  const tripped = registry.trippedBreakers().filter(({ routeId }) => guarded.has(routeId));
  const open = tripped.filter(({ state }) => state === 'Open').length;
  const halfOpen = tripped.length - open;
  return { closed: Math.max(0, all - tripped.length), halfOpen, open, tripped: tripped.slice(0, mostTripped) };
}

const mostBusy = 20;

/** The backends with the most requests. */
export function busiestBackends(
  configuration: Pick<Configuration, 'backend'>,
  registry: Pick<NodeRegistry, 'backendTotals' | 'busiestBackends' | 'health'>,
): Figures['backends']['busiest'] {
  const ids = registry.busiestBackends(mostBusy, (id) => configuration.backend(id) !== undefined);
  return ids.map((backendId) => {
    const { checkedAt: _checkedAt, ...statistics } = registry.backendTotals(backendId);
    return { backendId, healthStatus: registry.health(backendId).status, ...statistics };
  });
}

/** The routes and backends with the most requests per second. */
export function busyNow(
  configuration: Pick<Configuration, 'route' | 'backend'>,
  registry: Pick<NodeRegistry, 'rates' | 'statistics' | 'backendTotals' | 'health'>,
  most: number,
): Pick<Immutable<Answer<'getTraffic'>>, 'routes' | 'backends'> {
  const [routes, backends] = [registry.rates('routes'), registry.rates('backends')];
  return {
    routes: routes
      .busiest(most, (id) => configuration.route(id) !== undefined)
      .map((routeId) => {
        const { requests, failures } = routes.of(routeId);
        const { p50 = 0, p95 = 0, p99 = 0 } = registry.statistics(routeId) ?? {};
        return { routeId, requestsPerSecond: requests, failuresPerSecond: failures, p50, p95, p99 };
      }),
    backends: backends
      .busiest(most, (id) => configuration.backend(id) !== undefined)
      .map((backendId) => {
        const { requests, failures } = backends.of(backendId);
        const { activeRequests } = registry.backendTotals(backendId);
        const { status: healthStatus } = registry.health(backendId);
        return { backendId, requestsPerSecond: requests, failuresPerSecond: failures, activeRequests, healthStatus };
      }),
  };
}
