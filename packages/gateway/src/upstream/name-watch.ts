import { Timed } from '../wire/deadlines.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import type { Addresses } from './addresses.ts';

/** When to look a name up. */
export interface NameWatchOptions {
  readonly deadlines: Deadlines;
  readonly intervalMs: number;
  /** Whether there are connections. */
  inUse(): boolean;
}

/** Looks up the name of a backend again and again while there are connections to it. */
export class NameWatch extends Timed {
  readonly #addresses: Addresses;
  readonly #options: NameWatchOptions;

  constructor(addresses: Addresses, options: NameWatchOptions) {
    super();
    this.#addresses = addresses;
    this.#options = options;
  }

  /** Begins unless it runs already. */
  begin(): void {
    const { deadlines, intervalMs } = this.#options;
    if (this.deadline === Infinity) deadlines.set(this, deadlines.now + intervalMs);
  }

  onDeadline(): void {
    if (!this.#options.inUse()) return;
    this.#addresses.lookUp(() => this.begin());
  }
}
