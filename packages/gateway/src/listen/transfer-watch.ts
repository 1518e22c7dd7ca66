import type { ProxyTimeoutsConfig } from '@sluice/model';

/** How often a transfer is looked at, at the least, in milliseconds; also the span over which `minBodyRate` is taken. */
const PERIOD_MS = 5_000;

/** What a transfer has done so far, and whom it waits for. */
export interface TransferFacts {
  /** Request body bytes that came from the client. */
  readonly received: number;
  /** Response bytes that the client has taken. */
  readonly taken: number;
  /** The client owes the rest of its body, and is free to send it. */
  readonly owesBody: boolean;
  /** The client has not taken what was written to it. */
  readonly owesReading: boolean;
}

/**
 * Tells slow clients from gone ones, without a timer per byte: looks every few seconds whether a body comes and a
 * response is taken. A body must keep up `minBodyRate`; a response must move at all within `clientIdle`.
 */
export class TransferWatch {
  #received = 0;
  #taken = 0;
  #quietMs = 0;
  /** The span under way over which the rate is taken: its length so far, and what came in it. */
  #spanMs = 0;
  #spanBytes = 0;

  /** Begins; returns when to look first, in milliseconds from now. */
  start({ received, taken }: Pick<TransferFacts, 'received' | 'taken'>, timeouts: ProxyTimeoutsConfig): number {
    this.#received = received;
    this.#taken = taken;
    this.#quietMs = 0;
    this.#spanMs = 0;
    this.#spanBytes = 0;
    return periodOf(timeouts);
  }

  /** The client did something: the silence begins anew. */
  stir(): void {
    this.#quietMs = 0;
  }

  /** Looks: when to look again, in milliseconds, or that the client is too slow, or that nothing is left to watch. */
  look(facts: TransferFacts, timeouts: ProxyTimeoutsConfig): number | 'too slow' | 'over' {
    const period = periodOf(timeouts);
    const received = facts.received - this.#received;
    const moved = received + facts.taken - this.#taken;
    this.#received = facts.received;
    this.#taken = facts.taken;
    if (!facts.owesBody && !facts.owesReading) return 'over';
    this.#quietMs = moved > 0 ? 0 : this.#quietMs + period;
    if (this.#quietMs >= timeouts.clientIdle) return 'too slow';
    return facts.owesBody && this.#trickles(received, period, timeouts.minBodyRate) ? 'too slow' : period;
  }

  /** A client that trickles is as bad as a silent one; only a whole span says so. */
  #trickles(received: number, period: number, minBodyRate: number): boolean {
    this.#spanMs += period;
    this.#spanBytes += received;
    if (this.#spanMs < PERIOD_MS) return false;
    const slow = this.#spanBytes < (minBodyRate * this.#spanMs) / 1000;
    this.#spanMs = 0;
    this.#spanBytes = 0;
    return slow;
  }
}

function periodOf({ clientIdle }: ProxyTimeoutsConfig): number {
  return Math.min(PERIOD_MS, clientIdle);
}
