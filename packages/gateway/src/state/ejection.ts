import type { NodeMemory } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** When failing traffic puts a target aside, and for how long the first time. */
export interface EjectionSettings {
  readonly consecutiveFailures: number;
  /** Milliseconds. */
  readonly ejectionTime: number;
}

/** No ejection lasts longer than this many milliseconds, unless `ejectionTime` itself is longer. */
const longestEjection = 300_000;

/** A target that stayed in for this many ejection times after its last ejection starts again with the shortest one. */
const forgivenAfter = 10;

/**
 * Passive health: a target that fails several times in a row, on any thread, is put aside for a while, which grows with
 * each time in succession. Nothing here looks at how many targets remain; that is up to whoever chooses among them.
 */
export class Ejection {
  readonly #failures: SharedInts;
  readonly #ejections: SharedInts;
  readonly #until: SharedFloats;

  constructor(memory: NodeMemory) {
    this.#failures = new Int32Array(memory.targets.failures);
    this.#ejections = new Int32Array(memory.targets.ejections);
    this.#until = new Float64Array(memory.targets.ejectedUntil);
  }

  /** Reports an exchange with the target that went well; answers how many failures in a row it ended. */
  succeeded(target: number): number {
    return Atomics.load(this.#failures, target) === 0 ? 0 : Atomics.exchange(this.#failures, target, 0);
  }

  /**
   * Reports `failures` in a row; answers for how many milliseconds they put the target aside, usually 0. `now` is the
   * node's clock in milliseconds.
   */
  failed(target: number, failures: number, now: number, settings: EjectionSettings): number {
    if (this.isEjected(target, now)) return 0;
    if (Atomics.add(this.#failures, target, failures) + failures < settings.consecutiveFailures) return 0;
    // Several threads may get here at once; only the one that takes the failures away ejects.
    if (Atomics.exchange(this.#failures, target, 0) < settings.consecutiveFailures) return 0;
    return this.#eject(target, now, settings);
  }

  /** Until when the target is put aside, on the node's clock; in the past, or 0, when it is not. */
  until(target: number): number {
    return this.#until[target];
  }

  /** Takes the target back before its time. */
  end(target: number): void {
    Atomics.store(this.#failures, target, 0);
    this.#until[target] = 0;
  }

  /** Whether the target is put aside at `now`. */
  isEjected(target: number, now: number): boolean {
    return this.#until[target] > now;
  }

  /** How many of these targets are put aside at `now`. */
  ejectedCount(targets: ArrayLike<number>, now: number): number {
    let count = 0;
    for (let i = 0; i < targets.length; i++) if (this.isEjected(targets[i], now)) count++;
    return count;
  }

  /** Forgets everything about a target. */
  wipe(target: number): void {
    Atomics.store(this.#failures, target, 0);
    Atomics.store(this.#ejections, target, 0);
    if (this.#until[target] !== 0) this.#until[target] = 0;
  }

  #eject(target: number, now: number, settings: EjectionSettings): number {
    const forgiven = now - this.#until[target] > forgivenAfter * settings.ejectionTime;
    const times = forgiven ? 1 : Atomics.load(this.#ejections, target) + 1;
    Atomics.store(this.#ejections, target, times);
    const longest = Math.max(longestEjection, settings.ejectionTime);
    const length = Math.min(settings.ejectionTime * times, longest);
    this.#until[target] = now + length;
    return length;
  }
}
