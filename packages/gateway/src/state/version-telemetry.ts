import { emptyHistogram } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { histogramLayout, versionLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What all workers counted on one version of a route within an epoch. */
export interface VersionTotals {
  readonly failures: number;
  readonly clientErrors: number;
  readonly aborted: number;
  readonly rejected: number;
  readonly ownAnswers: number;
  /** Latencies of the requests; its count is their number. */
  readonly durations: Histogram;
}

const { stride, failures, clientErrors, aborted, rejected, ownAnswers, sum, buckets } = versionLayout;

/** Adds up what all workers counted on versions. Main thread only, because only there do slots not change hands meanwhile. */
export class VersionTelemetry {
  readonly #workers: readonly SharedFloats[];

  constructor(memory: NodeMemory) {
    this.#workers = memory.telemetry.map((of) => new Float64Array(of.versions));
  }

  /** The totals of a version. */
  of(version: number): VersionTotals {
    const at = version * stride;
    // Workers write the parts of a sum after the sum: read in the other order, no part is greater than its sum.
    const parts = [failures, clientErrors, aborted, rejected, ownAnswers].map((place) => this.#sum(at + place));
    const durations = emptyHistogram();
    durations.sumMs = this.#sum(at + sum);
    for (let bucket = 0; bucket < histogramLayout.bucketCount; bucket++) {
      const count = this.#sum(at + buckets + bucket);
      durations.buckets[bucket] = count;
      durations.count += count;
    }
    return {
      failures: parts[0],
      clientErrors: parts[1],
      aborted: parts[2],
      rejected: parts[3],
      ownAnswers: parts[4],
      durations,
    };
  }

  #sum(at: number): number {
    let total = 0;
    for (const numbers of this.#workers) total += numbers[at];
    return total;
  }
}
