import { Timed } from '../wire/deadlines.ts';
import type { Deadlines } from '../wire/deadlines.ts';
import type { Addresses } from './addresses.ts';

/** When to look a name up. */
export interface NameWatchOptions {
  readonly deadlines: Deadlines;
  readonly intervalMs: number;
  /** Whether there are connections that would have to know. */
  inUse(): boolean;
}

/** Looks the name of a backend up again and again for as long as there are connections to it. */
export class NameWatch extends Timed {
  readonly #addresses: Addresses;
  readonly #options: NameWatchOptions;

  constructor(addresses: Addresses, options: NameWatchOptions) {
    super();
    this.#addresses = addresses;
    this.#options = options;
  }

  /** Begins, unless it has. */
  begin(): void {
    const { deadlines, intervalMs } = this.#options;
    if (this.deadline === Infinity) deadlines.set(this, deadlines.now + intervalMs);
  }

  onDeadline(): void {
    if (!this.#options.inUse()) return;
    this.#addresses.lookUp(() => this.begin());
  }
}
