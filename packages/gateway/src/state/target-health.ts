import type { NodeMemory } from './layout.ts';
import type { SharedInts } from './shared-count.ts';

/** What active checks say of a target. `Unknown` (no verdict yet) is used like `Healthy`. */
export type HealthStatus = 'Unknown' | 'Healthy' | 'Unhealthy' | 'Draining';

/** Beside the verdict: the target cannot be used at all here, whatever a check says. Larger than any verdict. */
const faultyFlag = 4;

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
    return statuses[Atomics.load(this.#codes, target) & ~faultyFlag] ?? 'Unknown';
  }

  /** Stores a verdict. */
  set(target: number, status: HealthStatus): void {
    const faulty = Atomics.load(this.#codes, target) & faultyFlag;
    Atomics.store(this.#codes, target, faulty | statuses.indexOf(status));
  }

  /** Whether something of the configuration keeps this node from using the target. */
  isFaulty(target: number): boolean {
    return (Atomics.load(this.#codes, target) & faultyFlag) !== 0;
  }

  /** Takes the target out of service, or not any more; the verdict of checks stays. */
  setFaulty(target: number, faulty: boolean): void {
    if (faulty) Atomics.or(this.#codes, target, faultyFlag);
    else Atomics.and(this.#codes, target, ~faultyFlag);
  }
}
