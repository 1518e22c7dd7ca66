/** So many failures in a row open the circuit. */
const mostFailures = 5;
/** How long it stays open, in milliseconds; twice as long after each trial that fails. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Spares a helper that fails again and again: while its circuit is open, only one question at a time finds out whether it is back. */
export class HelperCircuit {
  #failures = 0;
  #pauseMs = firstPauseMs;
  /** When the next trial may be made; undefined while the circuit is closed. */
  #trialAt: number | undefined = undefined;
  #isTrial = false;

  /** Whether the helper may be asked now, by the clock of the caller in milliseconds. */
  admits(now: number): boolean {
    if (this.#trialAt === undefined) return true;
    if (now < this.#trialAt) return false;
    // The next trial may be made even if this one never ends.
    this.#trialAt = now + longestPauseMs;
    this.#isTrial = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
    this.#trialAt = undefined;
    this.#isTrial = false;
  }

  failed(now: number): void {
    if (++this.#failures < mostFailures) return;
    // A question that was asked before the circuit opened says nothing new.
    if (this.#trialAt !== undefined && !this.#isTrial) return;
    this.#isTrial = false;
    this.#trialAt = now + this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
  }
}
