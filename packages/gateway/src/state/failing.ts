import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What one outcome counts for in the average. */
const weight = 0.125;
/** From this share of failures on, and down to it again. One failure is enough; a success after it makes up for it. */
const many = 0.11;

/**
 * The share of the latest attempts at each backend that failed: an exponentially weighted average over all threads. If two
 * threads report at the same instant, one outcome may be lost, which an average tolerates.
 */
export class Failing {
  readonly #shares: SharedFloats;

  constructor(memory: NodeMemory) {
    this.#shares = new Float64Array(memory.breakers.failing);
  }

  /** Adds an outcome. A backend that does not fail is only looked at. */
  report(backend: number, ok: boolean): void {
    const share = this.#shares[backend];
    if (!ok) this.#shares[backend] = share + (1 - share) * weight;
    else if (share !== 0) this.#shares[backend] = share < many / 4 ? 0 : share * (1 - weight);
  }

  /** Whether attempts at the backend fail often now. */
  get(backend: number): boolean {
    return this.#shares[backend] > many;
  }

  /** Forgets a backend's outcomes. */
  wipe(backend: number): void {
    if (this.#shares[backend] !== 0) this.#shares[backend] = 0;
  }
}
