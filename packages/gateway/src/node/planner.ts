import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { targetKey } from '../compile/compile-route.ts';
import type { RoutePlan, SnapshotPlan } from '../compile/plan.ts';
import type { CheckedTarget } from '../health/index.ts';
import type { MeasuredRoute } from '../observe/index.ts';
import type { SlotRegistry } from '../state/index.ts';

/** What a swap is counted by, and what it is shown under. */
export type SwapNumbers = Pick<SnapshotPlan, 'generation' | 'revision'>;

/** A route as planned, with what its content is compared by. */
interface PlannedRoute {
  readonly plan: RoutePlan;
  readonly content: string;
  /** The keys by which its places are held. */
  readonly targets: readonly string[];
  readonly links: readonly string[];
}

/**
 * Turns configurations into plans: gives every route, target and link its place in shared memory, and finds out what
 * changed, so that workers compile only that.
 */
export class Planner {
  readonly #registry: SlotRegistry;
  #planned = new Map<string, PlannedRoute>();
  #proxy = '';
  #current = '';
  /** The last configuration that was asked about, and its text: it is usually the next to be planned. */
  #asked: { config: GatewayConfig; text: string } | undefined;

  constructor(registry: SlotRegistry) {
    this.#registry = registry;
  }

  /** Whether this configuration says the same as the current one. */
  isCurrent(config: GatewayConfig): boolean {
    return this.#textOf(config) === this.#current;
  }

  /** The way from the current configuration to this one. Nothing changes before `accept` is called. */
  plan(config: GatewayConfig, { generation, revision }: SwapNumbers): { plan: SnapshotPlan; accept: () => void } {
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
      const planned = same ? known : this.#place(route, content);
      next.set(route.name, planned);
      if (!same || all) upserts.push(planned.plan);
    }
    const removed = [...this.#planned.keys()].filter((name) => !next.has(name));
    const accept = (): void => {
      this.#planned = next;
      this.#proxy = proxy;
      this.#current = this.#textOf(config);
      this.#asked = undefined;
      this.#releaseOthers(next, generation);
    };
    return { plan: { generation, revision, proxy: config.proxy, upserts, removed }, accept };
  }

  /** Everything, for a worker that starts from nothing. */
  whole({ generation, revision }: SwapNumbers, config: GatewayConfig): SnapshotPlan {
    const upserts = [...this.#planned.values()].map(({ plan }) => plan);
    return { generation, revision, proxy: config.proxy, upserts, removed: [] };
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
  forgetRefused(generation: number): void {
    this.#releaseOthers(this.#planned, generation);
  }

  #textOf(config: GatewayConfig): string {
    if (this.#asked?.config !== config) this.#asked = { config, text: JSON.stringify(config) };
    return this.#asked.text;
  }

  #place(route: RouteConfig, content: string): PlannedRoute {
    const targets = route.backends.map(targetKey);
    const links = route.backends.map(({ name }, index) => JSON.stringify([route.name, name, targets[index]]));
    const slot = this.#registry.acquire('route', route.name);
    const places = targets.map((target, index) => ({
      slot: this.#registry.acquire('target', target),
      link: this.#registry.acquire('link', links[index]),
    }));
    return { plan: { config: route, slot, places }, content, targets, links };
  }

  #releaseOthers(planned: ReadonlyMap<string, PlannedRoute>, generation: number): void {
    const all = [...planned.values()];
    this.#registry.releaseOthers('route', new Set(planned.keys()), generation);
    this.#registry.releaseOthers('link', new Set(all.flatMap(({ links }) => links)), generation);
    this.#registry.releaseOthers('target', new Set(all.flatMap(({ targets }) => targets)), generation);
  }
}
