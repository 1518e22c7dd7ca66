import { AdaptiveLimits } from './adaptive-limits.ts';
import { Breakers } from './breaker.ts';
import { Failing } from './failing.ts';
import { Ejection } from './ejection.ts';
import { exemplarLayout, histogramLayout, passageLayout, policyStride, versionLayout } from './layout.ts';
import type { NodeMemory, SlotKind } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';
import { Limited } from './limited.ts';
import { TargetHealth } from './target-health.ts';
import { TargetLatency } from './target-latency.ts';

/** Numbers of which each slot has a row. */
interface Rows {
  readonly numbers: SharedFloats;
  readonly stride: number;
}

/** Main thread only: resets everything that the node's memory has about a slot. */
export class SlotWiper {
  readonly #wipes: SharedInts;
  readonly #generations: Readonly<Record<SlotKind, SharedInts>>;
  readonly #active: Readonly<Record<Exclude<SlotKind, 'backend'>, SharedInts>>;
  readonly #health: TargetHealth;
  readonly #ejection: Ejection;
  readonly #latency: TargetLatency;
  readonly #breakers: Breakers;
  readonly #failing: Failing;
  readonly #backendCounters: readonly SharedFloats[];
  readonly #histograms: readonly SharedFloats[];
  readonly #policies: readonly SharedFloats[];
  readonly #versions: readonly SharedFloats[];
  readonly #routeRows: readonly Rows[];
  readonly #versionRows: readonly Rows[];
  readonly #limited: Limited;
  readonly #adaptive: AdaptiveLimits;

  constructor(memory: NodeMemory) {
    const { route, target, backend, version } = memory.generations;
    const { routes, targets, versions } = memory.totals;
    this.#wipes = new Int32Array(memory.wipes);
    this.#generations = {
      route: new Int32Array(route),
      target: new Int32Array(target),
      backend: new Int32Array(backend),
      version: new Int32Array(version),
    };
    this.#active = {
      route: new Int32Array(routes),
      target: new Int32Array(targets),
      version: new Int32Array(versions),
    };
    this.#health = new TargetHealth(memory);
    this.#ejection = new Ejection(memory);
    this.#latency = new TargetLatency(memory);
    this.#failing = new Failing(memory);
    this.#breakers = new Breakers(memory, memory.holdings[memory.workers]);
    this.#backendCounters = memory.telemetry.flatMap((of) => [
      new Float64Array(of.retries),
      new Float64Array(of.failures),
      new Float64Array(of.openings),
      new Float64Array(of.ejections),
    ]);
    this.#histograms = memory.telemetry.map((of) => new Float64Array(of.histograms));
    this.#limited = new Limited(memory, -1);
    this.#policies = memory.telemetry.map((of) => new Float64Array(of.policies));
    this.#adaptive = new AdaptiveLimits(memory.adaptive, memory.holdings[memory.workers].adaptive);
    this.#versions = memory.telemetry.map((of) => new Float64Array(of.versions));
    this.#routeRows = memory.telemetry.flatMap(({ passages, routeExemplars }) => [
      { numbers: new Float64Array(passages), stride: passageLayout.stride },
      { numbers: new Float64Array(routeExemplars), stride: exemplarLayout.route.stride },
    ]);
    this.#versionRows = memory.telemetry.map(({ versionExemplars }) => ({
      numbers: new Float64Array(versionExemplars),
      stride: exemplarLayout.version.stride,
    }));
  }

  /** Whether exchanges are in flight on a slot, so that it cannot be wiped. */
  isActive(kind: SlotKind, slot: number): boolean {
    if (kind === 'backend') return false;
    return Atomics.load(this.#active[kind], slot) !== 0 || (kind === 'route' && this.#adaptive.isActive(slot));
  }

  /** Wipes a slot that no exchange uses any more. The new generation hides the old owner's request counters. */
  wipe(kind: SlotKind, slot: number): void {
    Atomics.add(this.#generations[kind], slot, 1);
    Atomics.add(this.#wipes, 0, 1);
    if (kind === 'route') this.#wipeRoute(slot);
    else if (kind === 'backend') this.#wipeBackend(slot);
    else if (kind === 'version') this.#wipeVersion(slot);
    else this.#wipeTarget(slot);
  }

  #wipeTarget(target: number): void {
    this.#health.set(target, 'Unknown');
    this.#health.setFaulty(target, false);
    this.#ejection.wipe(target);
    this.#latency.wipe(target);
  }

  #wipeBackend(backend: number): void {
    this.#breakers.wipe(backend);
    this.#failing.wipe(backend);
    for (const counters of this.#backendCounters) if (counters[backend] !== 0) counters[backend] = 0;
  }

  // Looks before it writes: a page that was never written takes no memory.
  #wipeRoute(route: number): void {
    this.#limited.wipe(route);
    this.#adaptive.wipe(route);
    wipeRow(this.#routeRows, route);
    const from = route * histogramLayout.stride;
    for (const histograms of this.#histograms) {
      if (histograms[from + histogramLayout.count] !== 0) histograms.fill(0, from, from + histogramLayout.stride);
    }
    const [begin, end] = [route * policyStride, (route + 1) * policyStride];
    for (const counts of this.#policies) {
      if (counts.subarray(begin, end).some((count) => count !== 0)) counts.fill(0, begin, end);
    }
  }

  // Most workers never counted on most versions. Looking is cheaper, and leaves their pages untouched.
  #wipeVersion(version: number): void {
    wipeRow(this.#versionRows, version);
    const from = version * versionLayout.stride;
    const to = from + versionLayout.stride;
    for (const numbers of this.#versions) {
      if (numbers.subarray(from, from + versionLayout.buckets).some((number) => number !== 0))
        numbers.fill(0, from, to);
    }
  }
}

function wipeRow(all: readonly Rows[], slot: number): void {
  for (const { numbers, stride } of all) {
    const from = slot * stride;
    if (numbers.subarray(from, from + stride).some((number) => number !== 0)) numbers.fill(0, from, from + stride);
  }
}
