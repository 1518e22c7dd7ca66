import { emptyHistogram, mergeHistogram } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { histogramLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';
import { telemetryTotals } from './telemetry.ts';

const { stride, count: COUNT, classes: CLASSES, classCount } = histogramLayout;

/** Reads what all workers counted on single routes, since the route took its slot. Main thread only. */
export class RouteTelemetry {
  readonly #histograms: readonly SharedFloats[];
  readonly #totals: readonly SharedFloats[];

  constructor(memory: NodeMemory) {
    this.#histograms = memory.telemetry.map((of) => new Float64Array(of.histograms));
    this.#totals = memory.telemetry.map((of) => new Float64Array(of.totals));
  }

  /** Requests finished on a route. */
  finished(route: number): number {
    return this.#sum(this.#histograms, route * stride + COUNT);
  }

  /** Answers of a route by the first digit of their status: five numbers, for 1xx to 5xx. */
  classes(route: number): number[] {
    const at = route * stride + CLASSES;
    return Array.from({ length: classCount }, (_, index) => this.#sum(this.#histograms, at + index));
  }

  /** Time from the first byte of a request to the last of its answer. */
  durations(route: number): Histogram {
    const histogram = emptyHistogram();
    this.addDurations(route, histogram);
    return histogram;
  }

  /** Adds the durations of a route to a histogram. */
  addDurations(route: number, into: Histogram): void {
    for (const numbers of this.#histograms) mergeHistogram(into, numbers, route * stride);
  }

  /** Requests finished on the node, with a route or without, since it started; never goes down. */
  finishedByNode(): number {
    return this.#sum(this.#totals, telemetryTotals.requests);
  }

  #sum(parts: readonly SharedFloats[], at: number): number {
    let sum = 0;
    for (const numbers of parts) sum += numbers[at];
    return sum;
  }
}
