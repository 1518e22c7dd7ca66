import type { Seal } from './sealed-message.ts';

/** A message that is older, or newer, is not taken: clocks of processes may differ by as much. In milliseconds. */
export const windowMs = 60_000;
const mostSenders = 1_000;

/** Takes each message once: a bus numbers what it sends, and what is too old to be remembered is too old to be taken. */
export class ReplayGuard {
  /** The number that each sender has reached; the one heard last is at the end. */
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
