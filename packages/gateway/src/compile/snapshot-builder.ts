import type { ProxyConfig } from '@sluice/model';
import type { UpstreamPool } from '../forward/upstream-pool.ts';
import { RouteTableBuilder } from '../route/index.ts';
import { compileRoute, type CompileContext } from './compile-route.ts';
import { compileSettings } from './compile-settings.ts';
import type { RoutePlan, SnapshotPlan } from './plan.ts';
import type { CompiledRoute, Snapshot } from './snapshot.ts';

/** How long a slice of compiling may hold up the requests of its worker, in milliseconds. */
const SLICE_MS = 1;

/**
 * Compiles snapshots beside the traffic: routes that did not change are taken over as they are, and the route table is
 * built in slices between which requests are served. Nothing of it is visible before `commit` has returned a snapshot.
 */
export class SnapshotBuilder {
  readonly #context: CompileContext;
  #routes = new Map<string, CompiledRoute>();
  #next: Map<string, CompiledRoute> | undefined;
  #incomplete = false;

  constructor(context: CompileContext) {
    this.#context = context;
  }

  /** Takes a portion of new and changed routes. Throws when one cannot be compiled; `commit` then refuses them all. */
  add(plans: readonly RoutePlan[], proxy: ProxyConfig): void {
    this.#next ??= new Map(this.#routes);
    try {
      for (const plan of plans) this.#next.set(plan.config.name, compileRoute(plan, proxy, this.#context));
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  /**
   * Completes the snapshot. `pause` lets the requests of the worker go on between two slices. Rejects when a portion is
   * missing: half of a configuration is never published.
   */
  async commit(
    { generation, revision, removed, proxy }: Omit<SnapshotPlan, 'upserts'>,
    pause: () => Promise<void>,
  ): Promise<Snapshot> {
    const routes = this.#next ?? new Map(this.#routes);
    this.#next = undefined;
    if (this.#incomplete) {
      this.#incomplete = false;
      throw new Error(`revision ${revision} is not applied: not all of its routes could be compiled`);
    }
    for (const name of removed) routes.delete(name);
    const table = new RouteTableBuilder<CompiledRoute>();
    const pools = new Set<UpstreamPool>();
    let sliceEnd = performance.now() + SLICE_MS;
    for (const route of routes.values()) {
      table.add(route);
      for (const { pool } of route.backends) pools.add(pool);
      if (performance.now() < sliceEnd) continue;
      await pause();
      sliceEnd = performance.now() + SLICE_MS;
    }
    this.#routes = routes;
    this.#context.pools.retireOthers(pools);
    return {
      revision,
      table: table.build(),
      settings: compileSettings(proxy, revision),
      generation: { number: generation, revision, inUse: 0 },
    };
  }
}
