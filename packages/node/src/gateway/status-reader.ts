import type { Gateway } from '@sluice/gateway';
import type { NodeFault, NodeSplit, RouteConfig } from '@sluice/model';
import type { NodeStatus } from '../agent/node-status.ts';

/** What a node reports of itself, read from its gateway. */
export class StatusReader {
  readonly #gateway: () => Gateway | undefined;
  readonly #routes: () => readonly RouteConfig[];
  #draining = false;
  #standsAside = false;
  #last = { at: performance.now(), cpu: process.cpuUsage(), requests: 0 };
  #ids: { readonly routes: readonly RouteConfig[]; readonly byName: ReadonlyMap<string, RouteConfig> } | undefined;

  constructor(gateway: () => Gateway | undefined, routes: () => readonly RouteConfig[]) {
    this.#gateway = gateway;
    this.#routes = routes;
  }

  /** From now on the node finishes what runs. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether the gateway only says that it is not ready because it was told to. */
  standAside(isWanted: boolean): void {
    this.#standsAside = isWanted;
  }

  /** Rates are those since the call before. */
  read(): NodeStatus {
    const gateway = this.#gateway();
    const status = gateway?.status;
    const load = status?.load() ?? { activeRequests: 0, activeConnections: 0, requestsTotal: 0 };
    const address = gateway?.addresses.proxy ?? gateway?.addresses.tls;
    return {
      state: this.#state(gateway),
      address: address && `${address.host}:${address.port}`,
      load: {
        ...this.#rates(load.requestsTotal),
        activeRequests: load.activeRequests,
        activeConnections: load.activeConnections,
        memoryBytes: process.memoryUsage.rss(),
      },
      unhealthy: this.#unhealthy(gateway),
      routes: this.#statistics(gateway),
    };
  }

  /** What was counted on both versions of deployed routes. */
  splits(): readonly NodeSplit[] {
    const routes = this.#byName();
    const splits = this.#gateway()?.status.splits() ?? [];
    return splits.flatMap(({ routeName, ...split }) => {
      const routeId = routes.get(routeName)?.routeId;
      return routeId === undefined ? [] : [{ ...split, routeId }];
    });
  }

  /** What the gateway cannot run of its configuration. */
  faults(): readonly NodeFault[] {
    const faults = this.#gateway()?.status.faults() ?? [];
    if (faults.length === 0) return [];
    const routes = this.#byName();
    return faults.flatMap(({ routeName, backendName, isCandidate, reason }) => {
      const routeId = routes.get(routeName)?.routeId;
      if (routeId === undefined) return [];
      return [{ routeId, ...(backendName !== undefined && { backend: backendName }), isCandidate, reason }];
    });
  }

  #state(gateway: Gateway | undefined): NodeStatus['state'] {
    if (this.#draining) return 'draining';
    return this.#standsAside || gateway?.status.ready().ready === true ? 'serving' : 'starting';
  }

  #rates(requests: number): { readonly requestsPerSecond: number; readonly cpu: number } {
    const previous = this.#last;
    const at = performance.now();
    const cpu = process.cpuUsage();
    this.#last = { at, cpu, requests };
    const seconds = Math.max(0.001, (at - previous.at) / 1000);
    const busy = (cpu.user + cpu.system - previous.cpu.user - previous.cpu.system) / 1e6;
    return {
      requestsPerSecond: rounded(Math.max(0, requests - previous.requests) / seconds),
      cpu: rounded(busy / seconds),
    };
  }

  #unhealthy(gateway: Gateway | undefined): NodeStatus['unhealthy'] {
    if (gateway === undefined) return [];
    const routes = this.#byName();
    return [...gateway.status.unhealthyBackends()].flatMap(({ routeName, backendName, status, until, reason }) => {
      const route = routes.get(routeName);
      const backends = [...(route?.backends ?? []), ...(route?.split?.candidate.backends ?? [])];
      const backend = backends.find(({ name }) => name === backendName);
      // Ejected backends get nothing either, for as long as they rest.
      const shown = status === 'Draining' ? 'Draining' : 'Unhealthy';
      return backend === undefined ? [] : [{ backendId: backend.backendId, status: shown, until, reason } as const];
    });
  }

  #statistics(gateway: Gateway | undefined): NodeStatus['routes'] {
    if (gateway === undefined) return [];
    const routes = this.#byName();
    return gateway.status.busyRoutes().flatMap(({ routeName, requests, failures, p50Ms, p95Ms, p99Ms }) => {
      const routeId = routes.get(routeName)?.routeId;
      return routeId === undefined ? [] : [{ routeId, requests, failures, p50: p50Ms, p95: p95Ms, p99: p99Ms }];
    });
  }

  #byName(): ReadonlyMap<string, RouteConfig> {
    const routes = this.#routes();
    if (this.#ids?.routes !== routes)
      this.#ids = { routes, byName: new Map(routes.map((route) => [route.name, route])) };
    return this.#ids.byName;
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
