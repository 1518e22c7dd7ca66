import { sameContent } from '@sluice/model';
import type { GatewayConfig, RouteConfig } from '@sluice/model';
import type { PreparedPlan, RoutePlan, SnapshotPlan } from '../compile/plan.ts';
import type { SlotRegistry } from '../state/index.ts';
import { isAtRisk } from './named-by.ts';
import { takePlaces, giveUpPlaces } from './places.ts';
import { withTiers } from './with-tiers.ts';

/** The generation that counts a swap, and the revision it is shown under. */
export type SwapNumbers = Pick<SnapshotPlan, 'generation' | 'revision'>;

/** The difference between the current configuration and another one. */
export interface Difference {
  readonly config: GatewayConfig;
  /** False when both say the same. */
  readonly changed: boolean;
  /** The indexes of enabled routes that are new or changed. */
  readonly indexes: readonly number[];
  /** Names of routes that are gone, or disabled now. */
  readonly removed: readonly string[];
  /** The settings of the proxy changed. Routes take defaults from them, so all routes are compiled again. */
  readonly proxy: boolean;
  /** Whether people log in at any of the routes. */
  readonly hasLogins: boolean;
}

/** A prepared swap, which has no effect before `accept`. Either `accept` or `discard` has to be called. */
export interface PlannedSwap {
  readonly plan: PreparedPlan;
  /** Routes that begin with this swap, and those that end with it; one that changes is in both. */
  readonly begun: readonly RoutePlan[];
  readonly ended: readonly RoutePlan[];
  accept(): void;
  discard(): void;
}

/** A route that runs. */
interface RunningRoute {
  plan: RoutePlan;
  /** The last comparison that found the route. */
  seenBy: number;
}

/**
 * Turns configurations into plans: gives every route, target, backend and version its place in shared memory, and finds out what
 * changed, so that workers compile only that. Routes that are the same objects as before are not looked at: what a
 * change costs does not depend on how large the configuration is, but for a walk over its list of routes.
 */
export class Planner {
  readonly #registry: SlotRegistry;
  readonly #running = new Map<string, RunningRoute>();
  /** The names of the routes with a split: few, and read often. */
  readonly #split = new Set<string>();
  /** The names of the routes that refer to something that may be missing: few, too, and read with every report. */
  readonly #atRisk = new Set<string>();
  /** The names of the routes at which people log in. */
  readonly #logins = new Set<string>();
  #hasLogins = false;
  #current: GatewayConfig | undefined;
  #comparisons = 0;

  constructor(registry: SlotRegistry) {
    this.#registry = registry;
  }

  /** Finds out what another configuration changes. */
  compare(config: GatewayConfig): Difference {
    const comparison = ++this.#comparisons;
    const proxy = !sameContent(this.#current?.proxy, config.proxy);
    const fresh: number[] = [];
    let [kept, hasLogins] = [0, false];
    config.routes.forEach((route, index) => {
      if (!route.isEnabled) return;
      const running = this.#running.get(route.name);
      if (running !== undefined) {
        kept++;
        running.seenBy = comparison;
        if (isStill(running, withTiers(route, config.limits))) {
          hasLogins ||= this.#logins.has(route.name);
          return;
        }
      }
      hasLogins ||= hasLogin(route);
      fresh.push(index);
    });
    const indexes = hasLogins === this.#hasLogins ? fresh : enabledIn(config);
    const removed = kept === this.#running.size ? [] : this.#notSeenBy(comparison);
    const changed = proxy || indexes.length > 0 || removed.length > 0 || !this.#saysTheSame(config);
    return { config, changed, indexes, removed, proxy, hasLogins };
  }

  /** Prepares the swap to a configuration that was compared just now. Throws an Error when there is no room for it. */
  plan(
    { config, indexes, removed, proxy, hasLogins }: Difference,
    { generation }: Pick<SwapNumbers, 'generation'>,
  ): PlannedSwap {
    const begun = this.#place(
      indexes.map((index) => withTiers(config.routes[index], config.limits)),
      generation - 1,
    ).map((plan): RoutePlan => ({ ...plan, hasLogins }));
    const gone = [...removed, ...begun.map((plan) => plan.config.name)];
    const ended = gone.map((name) => this.#running.get(name)?.plan).filter((plan) => plan !== undefined);
    const upserts = proxy ? this.#inOrder(config, begun) : begun;
    return {
      plan: { generation, proxy: config.proxy, upserts, removed },
      begun,
      ended,
      accept: () => {
        for (const name of gone) {
          this.#split.delete(name);
          this.#atRisk.delete(name);
          this.#logins.delete(name);
        }
        for (const name of removed) this.#running.delete(name);
        for (const plan of begun) {
          this.#running.set(plan.config.name, { plan, seenBy: 0 });
          if (plan.split !== undefined) this.#split.add(plan.config.name);
          if (isAtRisk(plan.config)) this.#atRisk.add(plan.config.name);
          if (hasLogin(plan.config)) this.#logins.add(plan.config.name);
        }
        this.#hasLogins = hasLogins;
        for (const plan of ended) giveUpPlaces(this.#registry, plan, generation);
        this.#current = config;
      },
      // Nothing ever ran on these places, but some may have been taken back from exchanges that do.
      discard: () => {
        for (const plan of begun) giveUpPlaces(this.#registry, plan, generation - 1);
      },
    };
  }

  /** Replaces the current configuration by an equal one, so that the old objects can be freed. */
  adopt(config: GatewayConfig): void {
    this.#current = config;
  }

  /** Everything, for a worker that starts from nothing. */
  whole({ generation, revision }: SwapNumbers, { proxy }: GatewayConfig): SnapshotPlan {
    return { generation, revision, proxy, upserts: [...this.routes()], removed: [] };
  }

  /** The routes that run. */
  *routes(): Generator<RoutePlan> {
    for (const { plan } of this.#running.values()) yield plan;
  }

  /** The routes with a split. */
  splitRoutes(): Generator<RoutePlan> {
    return this.named(this.#split);
  }

  /** The routes that refer to what may be missing or unusable. */
  routesAtRisk(): Generator<RoutePlan> {
    return this.named(this.#atRisk);
  }

  /** Those of these routes that run. */
  *named(names: Iterable<string>): Generator<RoutePlan> {
    for (const name of names) {
      const plan = this.route(name);
      if (plan !== undefined) yield plan;
    }
  }

  /** A route that runs, by its name. */
  route(name: string): RoutePlan | undefined {
    return this.#running.get(name)?.plan;
  }

  /** All or none get their places. */
  #place(routes: readonly RouteConfig[], generation: number): RoutePlan[] {
    const placed: RoutePlan[] = [];
    try {
      for (const route of routes) placed.push(takePlaces(this.#registry, route, generation));
    } catch (error) {
      for (const plan of placed) giveUpPlaces(this.#registry, plan, generation);
      throw error;
    }
    return placed;
  }

  #inOrder({ routes }: GatewayConfig, begun: readonly RoutePlan[]): RoutePlan[] {
    const fresh = new Map(begun.map((plan) => [plan.config.name, plan]));
    return routes
      .filter(({ isEnabled }) => isEnabled)
      .map(({ name }) => fresh.get(name) ?? this.#running.get(name)?.plan)
      .filter((plan) => plan !== undefined);
  }

  #notSeenBy(comparison: number): string[] {
    return [...this.#running.values()]
      .filter(({ seenBy }) => seenBy !== comparison)
      .map(({ plan }) => plan.config.name);
  }

  /** Whether all that is not a running route says the same, and the routes are in the same order. */
  #saysTheSame(config: GatewayConfig): boolean {
    if (this.#current === undefined) return false;
    const { routes: before, ...others } = this.#current;
    const { routes: after, ...otherNow } = config;
    if (before.length !== after.length) return false;
    for (let index = 0; index < after.length; index++) {
      const [one, other] = [before[index], after[index]];
      if (one === other) continue;
      // Enabled routes of one name have been found equal already.
      const same = one.isEnabled && other.isEnabled ? one.name === other.name : sameContent(one, other);
      if (!same) return false;
    }
    return sameContent(others, otherNow);
  }
}

function enabledIn({ routes }: GatewayConfig): number[] {
  return [...routes.keys()].filter((index) => routes[index].isEnabled);
}

function hasLogin({ authentication, split }: RouteConfig): boolean {
  if (authentication?.methods.some(({ type }) => type === 'oidc') === true) return true;
  return split !== undefined && hasLogin(split.candidate);
}

/** Whether a route is unchanged. If it is, the new object replaces the old one, which can then be freed. */
function isStill(running: RunningRoute, route: RouteConfig): boolean {
  if (running.plan.config === route) return true;
  if (!sameContent(running.plan.config, route)) return false;
  running.plan = { ...running.plan, config: route };
  return true;
}
