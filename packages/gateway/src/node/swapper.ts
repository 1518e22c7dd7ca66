import type { GatewayConfig } from '@sluice/model';
import type { SnapshotPlan } from '../compile/plan.ts';
import type { HealthChecker } from '../health/index.ts';
import type { NodeState, SlotRegistry } from '../state/index.ts';
import { RefusedError } from './files.ts';
import type { Difference, PlannedSwap, Planner, SwapNumbers } from './planner.ts';
import { checkedTargets } from './route-views.ts';

/** What swaps work on. */
export interface SwapperParts {
  readonly planner: Planner;
  readonly registry: SlotRegistry;
  readonly state: NodeState;
  readonly health: HealthChecker;
  /** Makes a plan live on every worker. */
  readonly apply: (plan: SnapshotPlan) => Promise<void>;
}

/** Brings a node from one configuration to the next, and knows what is live. Its calls are made one at a time. */
export class Swapper {
  readonly #parts: SwapperParts;
  #config: GatewayConfig;
  /** Counts swaps, so that slots are not reused early, whatever becomes of the revisions. */
  #generation = 1;
  #revision: number;
  /** The last revision that was tried, live or not: counting goes on after it. */
  #attempted: number;

  /** Takes the first configuration. Throws a RefusedError when there is no room for it. */
  constructor(config: GatewayConfig, revision: number, parts: SwapperParts) {
    this.#parts = parts;
    this.#config = config;
    this.#revision = revision;
    this.#attempted = revision;
    const first = this.#plan(parts.planner.compare(config), this.#numbers);
    first.accept();
    this.#check(first);
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Everything that is live, for a worker that starts. */
  whole(): SnapshotPlan {
    return this.#parts.planner.whole(this.#numbers, this.#config);
  }

  /**
   * Makes what was compared just now live on every worker, under the next revision unless it is given. Rejects with a
   * RefusedError when there is no room for it, and with another error when it does not compile.
   */
  async swap(difference: Difference, revision = this.#attempted + 1): Promise<void> {
    const { planner, registry, state, apply } = this.#parts;
    const before = { config: this.#config, revision: this.#revision };
    registry.reclaim(state.oldestGeneration(), state.oldestServedGeneration());
    this.#attempted = revision;
    const swap = this.#accept(difference, revision);
    try {
      await apply(swap.plan);
    } catch (error) {
      // A bug, not bad input. Some workers may serve it already: all go back to what was live before.
      await apply(this.#accept(planner.compare(before.config), before.revision).plan);
      throw error;
    }
    this.#check(swap);
  }

  /** Takes over a configuration that says the same, under another revision if one is given. Nothing is compiled. */
  async relabel(config: GatewayConfig, revision = this.#revision): Promise<void> {
    this.#parts.planner.adopt(config);
    this.#config = config;
    if (revision === this.#revision) return;
    this.#attempted = revision;
    this.#revision = revision;
    this.#generation++;
    await this.#parts.apply({ ...this.#numbers, proxy: config.proxy, upserts: [], removed: [] });
  }

  get #numbers(): SwapNumbers {
    return { generation: this.#generation, revision: this.#revision };
  }

  /** Plans the way to a configuration, which is the current one from then on. */
  #accept(difference: Difference, revision: number): PlannedSwap {
    const swap = this.#plan(difference, { generation: this.#generation + 1, revision });
    swap.accept();
    this.#generation++;
    this.#revision = revision;
    this.#config = difference.config;
    return swap;
  }

  #plan(difference: Difference, numbers: SwapNumbers): PlannedSwap {
    try {
      return this.#parts.planner.plan(difference, numbers);
    } catch (error) {
      throw new RefusedError([{ path: ['routes'], message: error instanceof Error ? error.message : String(error) }]);
    }
  }

  #check({ begun, ended }: PlannedSwap): void {
    this.#parts.health.update({ added: begun.flatMap(checkedTargets), removed: ended.flatMap(checkedTargets) });
  }
}
