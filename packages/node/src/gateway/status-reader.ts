import type { Gateway } from '@sluice/gateway';
import type { NodeStatus } from '../agent/node-status.ts';

/** The most circuit breakers in a report. */
const mostBreakers = 1_000;

/** Reads what a node reports of itself from its gateway. */
export class StatusReader {
  readonly #gateway: () => Gateway | undefined;
  #draining = false;
  #standsAside = false;
  #last = { at: performance.now(), cpu: process.cpuUsage(), requests: 0 };

  constructor(gateway: () => Gateway | undefined) {
    this.#gateway = gateway;
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
    const { requestsTotal, ...active } = status?.load() ?? {
      requestsTotal: 0,
      activeRequests: 0,
      activeConnections: 0,
    };
    const address = gateway?.addresses.proxy ?? gateway?.addresses.tls;
    return {
      state: this.#state(gateway),
      address: address && `${address.host}:${address.port}`,
      load: { ...this.#rates(requestsTotal), ...active, memoryBytes: process.memoryUsage.rss() },
      redisAway: status?.redisAway(),
      dependencies: status?.health().dependencies ?? [],
      unhealthy: [...(status?.unhealthyBackends() ?? [])],
      routes: status?.busyRoutes() ?? [],
      backends: status?.backendStatistics() ?? [],
      breakers: [...(status?.trippedBreakers() ?? [])].slice(0, mostBreakers),
      latencies: status?.recentLatencies() ?? [],
    };
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
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
