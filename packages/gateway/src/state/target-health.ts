import type { NodeMemory } from './layout.ts';
import type { SharedInts } from './shared-count.ts';

/** What active checks say of a target. `Unknown` (no verdict yet) is used like `Healthy`. */
export type HealthStatus = 'Unknown' | 'Healthy' | 'Unhealthy' | 'Draining';

const statuses: readonly HealthStatus[] = ['Unknown', 'Healthy', 'Unhealthy', 'Draining'];

/** The verdict of active checks on each target: written by the main thread, read by all. */
export class TargetHealth {
  readonly #codes: SharedInts;

  constructor(memory: NodeMemory) {
    this.#codes = new Int32Array(memory.targets.health);
  }

  /** Whether new requests may go to the target. */
  usable(target: number): boolean {
    return Atomics.load(this.#codes, target) < 2;
  }

  /** The verdict itself. */
  get(target: number): HealthStatus {
    return statuses[Atomics.load(this.#codes, target)] ?? 'Unknown';
  }

  /** Stores a verdict. */
  set(target: number, status: HealthStatus): void {
    Atomics.store(this.#codes, target, statuses.indexOf(status));
  }
}
