/** Lets something happen for a share of the requests, and not for all of them at once: retries, or traces that clients ask for. */
export class ShareBudget {
  #tokens: number;
  readonly #reserve: number;

  /** It begins with `reserve` uses, and never saves up more. */
  constructor(reserve = 10) {
    this.#reserve = reserve;
    this.#tokens = reserve;
  }

  /** Counts a request, which earns `share` of a use. */
  earn(share: number): void {
    if (this.#tokens < this.#reserve) this.#tokens += share;
  }

  /** Takes one use; false when there is none left. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
