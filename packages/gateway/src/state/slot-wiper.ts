import { Breakers } from './breaker.ts';
import { Ejection } from './ejection.ts';
import { histogramLayout, type NodeMemory, type SlotKind } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';
import { TargetHealth } from './target-health.ts';
import { TargetLatency } from './target-latency.ts';

/** Main thread only: sets everything that the node's memory knows of a slot back to its start. */
export class SlotWiper {
  readonly #wipes: SharedInts;
  readonly #generations: Readonly<Record<SlotKind, SharedInts>>;
  readonly #active: { readonly route: SharedInts; readonly target: SharedInts };
  readonly #health: TargetHealth;
  readonly #ejection: Ejection;
  readonly #latency: TargetLatency;
  readonly #breakers: Breakers;
  readonly #linkCounters: readonly SharedFloats[];
  readonly #histograms: readonly SharedFloats[];

  constructor(memory: NodeMemory) {
    const { route, target, link } = memory.generations;
    this.#wipes = new Int32Array(memory.wipes);
    this.#generations = { route: new Int32Array(route), target: new Int32Array(target), link: new Int32Array(link) };
    this.#active = { route: new Int32Array(memory.totals.routes), target: new Int32Array(memory.totals.targets) };
    this.#health = new TargetHealth(memory);
    this.#ejection = new Ejection(memory);
    this.#latency = new TargetLatency(memory);
    this.#breakers = new Breakers(memory, memory.holdings[memory.workers]);
    this.#linkCounters = memory.telemetry.flatMap((of) => [
      new Float64Array(of.retries),
      new Float64Array(of.failures),
    ]);
    this.#histograms = memory.telemetry.map((of) => new Float64Array(of.histograms));
  }

  /** Whether exchanges are in flight on a slot, so that it cannot be wiped. */
  isActive(kind: SlotKind, slot: number): boolean {
    return kind !== 'link' && Atomics.load(this.#active[kind], slot) !== 0;
  }

  /** Wipes a slot that no exchange uses any more. The new generation hides the old owner's request counters. */
  wipe(kind: SlotKind, slot: number): void {
    Atomics.add(this.#generations[kind], slot, 1);
    Atomics.add(this.#wipes, 0, 1);
    if (kind === 'route') this.#wipeRoute(slot);
    else if (kind === 'link') this.#wipeLink(slot);
    else this.#wipeTarget(slot);
  }

  #wipeTarget(target: number): void {
    this.#health.set(target, 'Unknown');
    this.#ejection.wipe(target);
    this.#latency.wipe(target);
  }

  #wipeLink(link: number): void {
    this.#breakers.wipe(link);
    for (const counters of this.#linkCounters) if (counters[link] !== 0) counters[link] = 0;
  }

  // Looks before it writes: a page that nobody wrote to takes no memory, and shall not begin to.
  #wipeRoute(route: number): void {
    const from = route * histogramLayout.stride;
    for (const histograms of this.#histograms) {
      if (histograms[from + histogramLayout.count] !== 0) histograms.fill(0, from, from + histogramLayout.stride);
    }
  }
}
