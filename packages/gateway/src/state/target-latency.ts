import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** The share of a new measurement in the average. */
const weight = 0.125;

/**
 * Exponentially weighted average of each target's latency in milliseconds, shared by all threads. If two threads report at
 * the same instant, one measurement may be lost, which an average tolerates.
 */
export class TargetLatency {
  readonly #averages: SharedFloats;

  constructor(memory: NodeMemory) {
    this.#averages = new Float64Array(memory.targets.latency);
  }

  /** Adds a measurement, at `now`. Zero and less count as a microsecond, because 0 means "none yet". */
  report(target: number, milliseconds: number, now: number): void {
    const measured = milliseconds > 0.001 ? milliseconds : 0.001;
    const average = this.#averages[2 * target];
    this.#averages[2 * target] = average === 0 ? measured : average + (measured - average) * weight;
    this.answered(target, now);
  }

  /** Notes that the target answered anything at all, at `now`. */
  answered(target: number, now: number): void {
    this.#averages[2 * target + 1] = now;
  }

  /** When the target answered last; 0 = never. */
  answeredAt(target: number): number {
    return this.#averages[2 * target + 1];
  }

  /** The average, or 0 when nothing was measured yet. */
  get(target: number): number {
    return this.#averages[2 * target];
  }

  /** Forgets a target's average. */
  wipe(target: number): void {
    if (this.#averages[2 * target + 1] !== 0) this.#averages.fill(0, 2 * target, 2 * target + 2);
  }
}
