import type { GatewayConfig } from '@sluice/model';
import type { PreparedPlan, RoutePlan, SnapshotPlan } from '../compile/plan.ts';
import type { HealthChecker } from '../health/index.ts';
import type { NodeState, SlotRegistry } from '../state/index.ts';
import { namedBy } from './named-by.ts';
import type { NamedFiles } from './named-files.ts';
import { RefusedError } from './files.ts';
import type { NamedSource } from './messages.ts';
import type { Difference, PlannedSwap, Planner, SwapNumbers } from './planner.ts';
import { checkedTargets } from './route-views.ts';
import { messageOf } from '@sluice/service/caught-error';

/** What swaps work on. */
export interface SwapperParts {
  readonly planner: Planner;
  readonly registry: SlotRegistry;
  readonly state: NodeState;
  readonly health: HealthChecker;
  readonly files: Pick<NamedFiles, 'add' | 'remove' | 'trustOf'>;
  readonly workers: SwappedWorkers;
}

/** The workers, as a swap needs them. */
export interface SwappedWorkers {
  /** Lets every worker compile a plan, and serve what it serves. */
  prepare(plan: PreparedPlan): void;
  discard(): void;
  /** Makes live what was prepared. */
  commit(plan: SnapshotPlan): Promise<void>;
}

/** Says under which revision a change is shown; rejects when there is to be none. */
export type Numbering = () => Promise<number | undefined>;

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

  /** Reads what the first configuration names, before anything runs. */
  async begin(): Promise<void> {
    const plans = [...this.#parts.planner.routes()];
    await this.#parts.files.add(plans.flatMap(({ config }) => namedBy(config)));
    this.#mark(plans);
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
   * Makes what was compared just now live on every worker, under the next revision unless `numbering` has another. That is
   * asked while the workers compile, and nothing is live before it has said so. Rejects with a RefusedError when there is
   * no room for the change, with what `numbering` rejects with, and with another error when it does not compile.
   */
  async swap(difference: Difference, numbering: Numbering): Promise<void> {
    const { planner, registry, state } = this.#parts;
    const before = { config: this.#config, revision: this.#revision };
    registry.reclaim(state.vitals.oldest(), state.vitals.oldestServed());
    const swap = await this.#prepare(difference);
    const revision = await this.#numbered(swap, numbering);
    try {
      await this.#commit(swap, difference.config, revision);
    } catch (error) {
      // A bug, not bad input. Some workers may serve it already: all go back to what was live before.
      const back = await this.#prepare(planner.compare(before.config));
      await this.#commit(back, before.config, before.revision);
      this.#forget(swap);
      this.#forget(back);
      throw error;
    }
    this.#check(swap);
    this.#forget(swap);
  }

  /** Takes over a configuration that says the same, under another revision if one is given. Nothing is compiled. */
  async relabel(config: GatewayConfig, revision = this.#revision): Promise<void> {
    this.#parts.planner.adopt(config);
    this.#config = config;
    if (revision === this.#revision) return;
    this.#attempted = revision;
    this.#revision = revision;
    this.#generation++;
    const plan = { ...this.#numbers, proxy: config.proxy, upserts: [], removed: [] };
    this.#parts.workers.prepare(plan);
    await this.#parts.workers.commit(plan);
  }

  get #numbers(): SwapNumbers {
    return { generation: this.#generation, revision: this.#revision };
  }

  /** Plans the way to a configuration, and lets the workers compile what is new in it. */
  async #prepare(difference: Difference): Promise<PlannedSwap> {
    const { config, indexes } = difference;
    const named = indexes.flatMap((index) => namedBy(config.routes[index]));
    await this.#parts.files.add(named);
    const swap = this.#planOrForget(difference, named);
    this.#parts.workers.prepare(swap.plan);
    return swap;
  }

  /** The number of a change that is prepared; without one, nothing of it stays. */
  async #numbered(swap: PlannedSwap, numbering: Numbering): Promise<number> {
    try {
      this.#attempted = (await numbering()) ?? this.#attempted + 1;
      return this.#attempted;
    } catch (error) {
      swap.discard();
      this.#parts.workers.discard();
      this.#parts.files.remove(swap.begun.flatMap(({ config }) => namedBy(config)));
      throw error;
    }
  }

  /** Makes a configuration the current one, and lets the workers serve it. */
  async #commit(swap: PlannedSwap, config: GatewayConfig, revision: number): Promise<void> {
    swap.accept();
    this.#mark(swap.begun);
    this.#generation++;
    this.#revision = revision;
    this.#config = config;
    await this.#parts.workers.commit({ ...swap.plan, revision });
  }

  #planOrForget(difference: Difference, named: readonly NamedSource[]): PlannedSwap {
    try {
      return this.#plan(difference, { generation: this.#generation + 1 });
    } catch (error) {
      this.#parts.files.remove(named);
      throw error;
    }
  }

  #forget({ ended }: PlannedSwap): void {
    this.#parts.files.remove(ended.flatMap(({ config }) => namedBy(config)));
  }

  /** Takes targets out of service whose authorities are not there, before anything is sent to them. */
  #mark(plans: readonly RoutePlan[]): void {
    const { state, files } = this.#parts;
    for (const { slot, tls } of plans.flatMap(checkedTargets)) state.health.setFaulty(slot, !files.trustOf(tls).ok);
  }

  /** A file of authorities says something else, or can be read now. */
  remark(file: string): void {
    const { state, files, planner } = this.#parts;
    for (const plan of planner.routes()) {
      for (const { slot, tls } of checkedTargets(plan))
        if (tls?.caFile === file) state.health.setFaulty(slot, !files.trustOf(tls).ok);
    }
  }

  #plan(difference: Difference, number: Pick<SwapNumbers, 'generation'>): PlannedSwap {
    try {
      return this.#parts.planner.plan(difference, number);
    } catch (error) {
      throw new RefusedError([{ path: ['routes'], message: messageOf(error) }]);
    }
  }

  #check({ begun, ended }: PlannedSwap): void {
    this.#parts.health.update({ added: begun.flatMap(checkedTargets), removed: ended.flatMap(checkedTargets) });
  }
}
