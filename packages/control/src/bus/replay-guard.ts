import type { Seal } from './sealed-message.ts';

/** How old or new a message may be, in milliseconds, because the clocks of processes differ. */
export const windowMs = 60_000;
const mostSenders = 1_000;

/** Accepts each message once. A bus numbers its messages, and a message too old to be remembered is too old to be accepted. */
export class ReplayGuard {
  /** The last number of each sender. The sender heard last is at the end. */
  readonly #reached = new Map<string, number>();

  /** Whether the message is new; `now` in milliseconds since 1970. */
  accepts({ from, number, at }: Seal, now: number): boolean {
    if (Math.abs(now - at) > windowMs || number <= (this.#reached.get(from) ?? 0)) return false;
    this.#reached.delete(from);
    this.#reached.set(from, number);
    for (const oldest of this.#reached.keys()) {
      if (this.#reached.size <= mostSenders) break;
      this.#reached.delete(oldest);
    }
    return true;
  }
}
