import type { ProxyConfig } from '@sluice/model';
import { RouteTable } from '../route/index.ts';
import { compileRoute, compileStandIn } from './compile-route.ts';
import { compileSettings } from './compile-settings.ts';
import type { CompileContext } from './compile-version.ts';
import { Pacer } from './pacer.ts';
import type { RoutePlan, SnapshotPlan } from './plan.ts';
import type { CompiledRoute, Snapshot } from './snapshot.ts';

/** Up to this many routes are exchanged in the table in one go, which takes less than a slice. */
const editsAtOnce = 100;

/** What completing a snapshot needs from the worker. */
export interface Completion {
  /** Resolves once the requests that wait have had their turn. */
  readonly pause: () => Promise<void>;
  /** Puts the snapshot in the place of the one before. */
  readonly publish: (snapshot: Snapshot) => void;
}

/** What a commit exchanges. */
interface Exchange {
  /** Names of routes that end, or begin anew. */
  readonly gone: ReadonlySet<string>;
  /** Undefined when the table that there is gets edited. */
  readonly table: RouteTable<CompiledRoute> | undefined;
}

/**
 * Compiles snapshots beside the traffic: routes that did not change are taken over as they are, in the table too, so that
 * a change costs what it changes. One that changes a great deal gets a new table, which is built in slices. Nothing is
 * visible before `commit` has published a snapshot.
 */
export class SnapshotBuilder {
  readonly #context: CompileContext;
  readonly #routes = new Map<string, CompiledRoute>();
  #table = new RouteTable<CompiledRoute>();
  /** New and changed routes, until they are committed. */
  #compiled = new Map<string, CompiledRoute>();
  /** Routes of which there is nothing to run. */
  readonly #lost = new Set<string>();
  /** What `complete` has made ready. */
  #next: Exchange | undefined;

  constructor(context: CompileContext) {
    this.#context = context;
  }

  /**
   * Takes a portion of new and changed routes. One that cannot be compiled is out of service: it takes its requests, so that
   * no other route gets them, and refuses them. Returns why, by the names of such routes.
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
      // Not even its requests are known: it goes. The error is that of the route, which is told of already.
      this.#lost.add(plan.config.name);
    }
  }

  /** A route as it runs, by its name. */
  route(name: string): CompiledRoute | undefined {
    return this.#routes.get(name);
  }

  /** All portions are there: does what can be done before it is known whether there will be a commit. */
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

  /** Drops what was prepared: there is no commit. */
  async discard(pause: Completion['pause']): Promise<void> {
    await this.#giveBack(this.#begin().values(), new Pacer(pause));
  }

  /** Takes the compiled routes out; what is added from now on is for another commit. */
  #begin(): ReadonlyMap<string, CompiledRoute> {
    const compiled = this.#compiled;
    this.#compiled = new Map();
    this.#lost.clear();
    this.#next = undefined;
    return compiled;
  }

  async #prepare(removed: readonly string[], pacer: Pacer): Promise<Exchange> {
    const gone = new Set([...removed, ...this.#compiled.keys(), ...this.#lost]);
    const isLarge = gone.size > editsAtOnce || this.#table.isSprawling;
    return { gone, table: isLarge ? await this.#build(gone, this.#compiled, pacer) : undefined };
  }

  /** A new table, of the routes that stay and those that begin. */
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
   * Exchanges routes, and the table if there is a new one, and returns those that have ended. Synchronous up to
   * `publish`, so that no request meets a table that is half of one revision and half of another.
   */
  #exchange({ gone, table }: Exchange, compiled: ReadonlyMap<string, CompiledRoute>): CompiledRoute[] {
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
    for (const { backends, split } of routes) {
      for (const { lease } of backends) this.#context.pools.giveBack(lease);
      for (const { lease } of split?.candidate.backends ?? []) this.#context.pools.giveBack(lease);
      for (const lease of split?.stable.version.mirror?.leases.values() ?? []) this.#context.pools.giveBack(lease);
      if (pacer.isDue) await pacer.rest();
    }
  }
}
