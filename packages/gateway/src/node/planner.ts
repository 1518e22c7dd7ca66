import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { targetKey } from '../compile/compile-route.ts';
import type { RoutePlan, SnapshotPlan } from '../compile/plan.ts';
import type { CheckedTarget } from '../health/index.ts';
import type { MeasuredRoute } from '../observe/index.ts';
import type { SlotRegistry } from '../state/index.ts';

/** A route as planned, with what its content is compared by. */
interface PlannedRoute {
  readonly plan: RoutePlan;
  readonly content: string;
}

/**
 * Turns configurations into plans: gives every route, target and link its place in shared memory, and finds out what
 * changed, so that workers compile only that.
 */
export class Planner {
  readonly #registry: SlotRegistry;
  #planned = new Map<string, PlannedRoute>();
  #proxy = '';
  #current: GatewayConfig | undefined;

  constructor(registry: SlotRegistry) {
    this.#registry = registry;
  }

  /** Whether this configuration says the same as the current one. */
  isCurrent(config: GatewayConfig): boolean {
    return this.#current !== undefined && JSON.stringify(config) === JSON.stringify(this.#current);
  }

  /** The way from the current configuration to this one. Nothing changes before `accept` is called. */
  plan(config: GatewayConfig, revision: number): { plan: SnapshotPlan; accept: () => void } {
    const proxy = JSON.stringify(config.proxy);
    // Routes take defaults over from the proxy's settings, so other settings mean compiling all of them again.
    const all = proxy !== this.#proxy;
    const next = new Map<string, PlannedRoute>();
    const upserts: RoutePlan[] = [];
    for (const route of config.routes) {
      if (!route.isEnabled) continue;
      const content = JSON.stringify(route);
      const known = this.#planned.get(route.name);
      const same = known !== undefined && known.content === content;
      const planned = same ? known : { plan: this.#place(route), content };
      next.set(route.name, planned);
      if (!same || all) upserts.push(planned.plan);
    }
    const removed = [...this.#planned.keys()].filter((name) => !next.has(name));
    const accept = (): void => {
      this.#planned = next;
      this.#proxy = proxy;
      this.#current = config;
      this.#releaseOthers(next, revision);
    };
    return { plan: { revision, proxy: config.proxy, upserts, removed }, accept };
  }

  /** Everything, for a worker that starts from nothing. */
  whole(revision: number, config: GatewayConfig): SnapshotPlan {
    const upserts = [...this.#planned.values()].map(({ plan }) => plan);
    return { revision, proxy: config.proxy, upserts, removed: [] };
  }

  /** The targets to check. */
  targets(): CheckedTarget[] {
    return [...this.#planned.values()].flatMap(({ plan }) =>
      plan.config.backends.map(({ url, healthCheck, tls }, index) => ({
        slot: plan.places[index].slot,
        url,
        healthCheck,
        tls,
      })),
    );
  }

  /** The routes and backends to show in metrics. */
  measured(): MeasuredRoute[] {
    return [...this.#planned.values()].map(({ plan }) => ({
      name: plan.config.name,
      slot: plan.slot,
      backends: plan.config.backends.map(({ name }, index) => ({
        name,
        link: plan.places[index].link,
        target: plan.places[index].slot,
        hasBreaker: plan.config.circuitBreaker !== undefined,
      })),
    }));
  }

  /** Gives up the places that a refused plan took and the current configuration does not use. */
  forgetRefused(revision: number): void {
    this.#releaseOthers(this.#planned, revision);
  }

  #place(route: RouteConfig): RoutePlan {
    return {
      config: route,
      slot: this.#registry.acquire('route', route.name),
      places: route.backends.map((backend) => ({
        slot: this.#registry.acquire('target', targetKey(backend)),
        link: this.#registry.acquire('link', linkKey(route, backend)),
      })),
    };
  }

  #releaseOthers(planned: ReadonlyMap<string, PlannedRoute>, revision: number): void {
    const configs = [...planned.values()].map(({ plan }) => plan.config);
    const links = configs.flatMap((route) => route.backends.map((backend) => linkKey(route, backend)));
    this.#registry.releaseOthers('route', new Set(configs.map(({ name }) => name)), revision);
    this.#registry.releaseOthers('link', new Set(links), revision);
    this.#registry.releaseOthers(
      'target',
      new Set(configs.flatMap(({ backends }) => backends.map(targetKey))),
      revision,
    );
  }
}

function linkKey(route: RouteConfig, backend: RouteConfig['backends'][number]): string {
  return JSON.stringify([route.name, backend.name, targetKey(backend)]);
}
