import type { NodeMemory } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** When failing traffic ejects a target, and for how long the first time. */
export interface EjectionSettings {
  readonly consecutiveFailures: number;
  /** Milliseconds. */
  readonly ejectionTime: number;
}

/** No ejection lasts longer than this many milliseconds, unless `ejectionTime` itself is longer. */
const longestEjection = 300_000;

/** After this many ejection times without an ejection, a target starts again with the shortest one. */
const forgivenAfter = 10;

/**
 * Passive health: a target that fails several times in a row, on any thread, is ejected for a while. The while grows with
 * each ejection in succession. How many targets remain is checked by the choice among them, not here.
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

  /** Reports a successful exchange. Returns how many failures in a row it ended. */
  succeeded(target: number): number {
    return Atomics.load(this.#failures, target) === 0 ? 0 : Atomics.exchange(this.#failures, target, 0);
  }

  /**
   * Reports `failures` in a row. Returns for how many milliseconds the target is ejected, usually 0. `now` is the node's
   * clock in milliseconds.
   */
  failed(target: number, failures: number, now: number, settings: EjectionSettings): number {
    if (this.isEjected(target, now)) return 0;
    if (Atomics.add(this.#failures, target, failures) + failures < settings.consecutiveFailures) return 0;
    // Several threads may get here at once; only the one that takes the failures away ejects.
    if (Atomics.exchange(this.#failures, target, 0) < settings.consecutiveFailures) return 0;
    return this.#eject(target, now, settings);
  }

  /** Until when the target is ejected, on the node's clock; in the past, or 0, if it is not. */
  until(target: number): number {
    return this.#until[target];
  }

  /** Ends an ejection before its time. */
  end(target: number): void {
    Atomics.store(this.#failures, target, 0);
    this.#until[target] = 0;
  }

  /** Whether the target is ejected at `now`. */
  isEjected(target: number, now: number): boolean {
    return this.#until[target] > now;
  }

  /** How many of these targets are ejected at `now`. */
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
