import type { ProxyConfig } from '@sluice/model';
import { RouteTable } from '../route/index.ts';
import { compileRoute, compileStandIn } from './compile-route.ts';
import { compileSettings } from './compile-settings.ts';
import type { CompileContext } from './compile-version.ts';
import { Pacer } from './pacer.ts';
import type { RoutePlan, SnapshotPlan } from './plan.ts';
import type { CompiledRoute, Snapshot } from './snapshot.ts';

/** Up to this many routes are replaced in the table at once, which takes less than a slice. */
const editsAtOnce = 100;

/** What completing a snapshot needs from the worker. */
export interface Completion {
  /** Resolves once the requests that wait have had their turn. */
  readonly pause: () => Promise<void>;
  /** Puts the snapshot in the place of the one before. */
  readonly publish: (snapshot: Snapshot) => void;
}

/** What a commit replaces. */
interface Replacement {
  /** Names of routes that end, or begin anew. */
  readonly gone: ReadonlySet<string>;
  /** Undefined if the current table is edited. */
  readonly table: RouteTable<CompiledRoute> | undefined;
}

/**
 * Compiles snapshots beside the traffic. Routes that did not change are taken over as they are, in the table too, so the cost
 * of a change depends on its size. A large change gets a new table, which is built in slices. Nothing is visible before
 * `commit` has published a snapshot.
 */
export class SnapshotBuilder {
  readonly #context: CompileContext;
  readonly #routes = new Map<string, CompiledRoute>();
  #table = new RouteTable<CompiledRoute>();
  /** New and changed routes, until they are committed. */
  #compiled = new Map<string, CompiledRoute>();
  /** Routes that cannot even be matched. */
  readonly #lost = new Set<string>();
  /** What `complete` has made ready. */
  #next: Replacement | undefined;

  constructor(context: CompileContext) {
    this.#context = context;
  }

  /**
   * Takes a portion of new and changed routes. A route that cannot be compiled is out of service: it takes its requests, so
   * that no other route gets them, and refuses them. Returns the errors by the names of such routes.
   */
  add(plans: readonly RoutePlan[], proxy: ProxyConfig): ReadonlyMap<string, unknown> {
    const faults = new Map<string, unknown>();
    for (const plan of plans) {
      const { name } = plan.config;
      try {
        this.#compiled.set(name, compileRoute(plan, proxy, this.#context, this.#routes.get(name)));
      } catch (error) {
        faults.set(name, error);
        this.#addStandIn(plan, proxy);
      }
    }
    return faults;
  }

  #addStandIn(plan: RoutePlan, proxy: ProxyConfig): void {
    try {
      this.#compiled.set(plan.config.name, compileStandIn(plan, proxy, this.#context));
    } catch {
      // Its match is invalid, too, so the route is removed. `add` reports the error of the route.
      this.#lost.add(plan.config.name);
    }
  }

  /** A route as it runs, by its name. */
  route(name: string): CompiledRoute | undefined {
    return this.#routes.get(name);
  }

  /** All portions have come: prepares the commit as far as possible. */
  async complete(removed: readonly string[], pause: Completion['pause']): Promise<void> {
    this.#next = await this.#prepare(removed, new Pacer(pause));
  }

  /** Completes the snapshot and publishes it, then gives back what only the one before needed. */
  async commit(plan: Omit<SnapshotPlan, 'upserts'>, { pause, publish }: Completion): Promise<void> {
    const pacer = new Pacer(pause);
    const next = this.#next ?? (await this.#prepare(plan.removed, pacer));
    const ended = this.#exchange(next, this.#begin());
    publish(this.#snapshot(plan));
    await this.#giveBack(ended, pacer);
  }

  /** Drops what was prepared. */
  async discard(pause: Completion['pause']): Promise<void> {
    await this.#giveBack(this.#begin().values(), new Pacer(pause));
  }

  /** Takes the compiled routes out. Routes that are added from now on are for the next commit. */
  #begin(): ReadonlyMap<string, CompiledRoute> {
    const compiled = this.#compiled;
    this.#compiled = new Map();
    this.#lost.clear();
    this.#next = undefined;
    return compiled;
  }

  async #prepare(removed: readonly string[], pacer: Pacer): Promise<Replacement> {
    const gone = new Set([...removed, ...this.#compiled.keys(), ...this.#lost]);
    const isLarge = gone.size > editsAtOnce || this.#table.isSprawling;
    return { gone, table: isLarge ? await this.#build(gone, this.#compiled, pacer) : undefined };
  }

  /** Builds a table of the routes that stay and those that begin. */
  async #build(
    gone: ReadonlySet<string>,
    compiled: ReadonlyMap<string, CompiledRoute>,
    pacer: Pacer,
  ): Promise<RouteTable<CompiledRoute>> {
    const table = new RouteTable<CompiledRoute>();
    for (const routes of [this.#routes, compiled]) {
      for (const [name, route] of routes) {
        if (routes === this.#routes && gone.has(name)) continue;
        table.add(route);
        if (pacer.isDue) await pacer.rest();
      }
    }
    return table;
  }

  /**
   * Replaces routes, and the table if there is a new one. Returns the routes that have ended. It is synchronous up to
   * `publish`, so that no request sees a table that mixes two revisions.
   */
  #exchange({ gone, table }: Replacement, compiled: ReadonlyMap<string, CompiledRoute>): CompiledRoute[] {
    const ended = [...gone].map((name) => this.#routes.get(name)).filter((route) => route !== undefined);
    if (table === undefined) this.#table.exchange(ended, [...compiled.values()]);
    else this.#table = table;
    for (const name of gone) this.#routes.delete(name);
    for (const [name, route] of compiled) this.#routes.set(name, route);
    return ended;
  }

  #snapshot({ generation, revision, proxy }: Omit<SnapshotPlan, 'upserts'>): Snapshot {
    return {
      revision,
      table: this.#table,
      settings: compileSettings(proxy, revision),
      generation: { number: generation, revision, inUse: 0 },
    };
  }

  async #giveBack(routes: Iterable<CompiledRoute>, pacer: Pacer): Promise<void> {
    for (const { backends, held, split } of routes) {
      for (const one of [...held, ...(split?.candidate.held ?? [])]) one.giveBack();
      for (const { lease } of backends) this.#context.pools.giveBack(lease);
      for (const { lease } of split?.candidate.backends ?? []) this.#context.pools.giveBack(lease);
      for (const lease of split?.stable.version.mirror?.leases.values() ?? []) this.#context.pools.giveBack(lease);
      if (pacer.isDue) await pacer.rest();
    }
  }
}
