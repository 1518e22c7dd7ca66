import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** The share of a new measurement in the average. */
const weight = 0.125;

/**
 * Exponentially weighted average of each target's latency in milliseconds, shared by all threads. Two threads that
 * report at the same instant may lose one of the two measurements, which an average can bear.
 */
export class TargetLatency {
  readonly #averages: SharedFloats;

  constructor(memory: NodeMemory) {
    this.#averages = new Float64Array(memory.targets.latency);
  }

  /** Adds a measurement. Zero and less count as a microsecond, because 0 means "none yet". */
  report(target: number, milliseconds: number): void {
    const measured = milliseconds > 0.001 ? milliseconds : 0.001;
    const average = this.#averages[target];
    this.#averages[target] = average === 0 ? measured : average + (measured - average) * weight;
  }

  /** The average, or 0 when nothing was measured yet. */
  get(target: number): number {
    return this.#averages[target];
  }

  /** Forgets a target's average. */
  wipe(target: number): void {
    if (this.#averages[target] !== 0) this.#averages[target] = 0;
  }
}
