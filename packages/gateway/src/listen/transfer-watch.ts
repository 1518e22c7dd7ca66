import type { ProxyTimeoutsConfig } from '@sluice/model';

/** The longest time between two looks at a transfer, in milliseconds. `minBodyRate` is measured over it. */
const periodMs = 5_000;

/** How far a transfer has come, and what it waits for. */
export interface TransferProgress {
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
 * Finds clients that are too slow, without a timer per byte: every few seconds it looks whether a body comes and a response
 * is taken. A client must do something within `clientIdle`. A body must come at `minBodyRate`, and a response that waits for
 * its reader must be taken at `minResponseRate`.
 */
export class TransferWatch {
  #received = 0;
  #taken = 0;
  #quietMs = 0;
  readonly #sending = new RateSpan();
  readonly #reading = new RateSpan();

  /** Begins; returns when to look first, in milliseconds from now. */
  start({ received, taken }: Pick<TransferProgress, 'received' | 'taken'>, timeouts: ProxyTimeoutsConfig): number {
    this.#received = received;
    this.#taken = taken;
    this.#quietMs = 0;
    this.#sending.begin();
    this.#reading.begin();
    return periodOf(timeouts);
  }

  /** The client did something: the silence starts again. */
  stir(): void {
    this.#quietMs = 0;
  }

  /** The client may send its body again, after part of the current period in which it could not. */
  bodyResumes(): void {
    this.stir();
    this.#sending.begin(periodMs);
  }

  /** Looks at the transfer. Returns when to look again, in milliseconds, or that the client is too slow, or that it is over. */
  look(facts: TransferProgress, timeouts: ProxyTimeoutsConfig): number | 'too slow' | 'over' {
    const period = periodOf(timeouts);
    const received = facts.received - this.#received;
    const taken = facts.taken - this.#taken;
    this.#received = facts.received;
    this.#taken = facts.taken;
    if (!facts.owesBody && !facts.owesReading) return 'over';
    this.#quietMs = received + taken > 0 ? 0 : this.#quietMs + period;
    const { clientIdle, minBodyRate, minResponseRate } = timeouts;
    if (this.#quietMs >= clientIdle) return 'too slow';
    if (!facts.owesBody) this.#sending.begin();
    else if (this.#sending.trickles({ ms: period, bytes: received }, periodMs, minBodyRate)) return 'too slow';
    // A TCP window makes reading come in bursts, so its rate is measured over the longest silence that is allowed.
    if (!facts.owesReading) this.#reading.begin();
    else if (this.#reading.trickles({ ms: period, bytes: taken }, clientIdle, minResponseRate)) return 'too slow';
    return period;
  }
}

/** The span over which a rate is measured. A client that trickles is as bad as a silent one. */
class RateSpan {
  #ms = 0;
  #bytes = 0;

  /** Begins a span, in `graceMs`. */
  begin(graceMs = 0): void {
    this.#ms = -graceMs;
    this.#bytes = 0;
  }

  /** Adds what came. Returns whether the span is over and brought too little. */
  trickles(came: { readonly ms: number; readonly bytes: number }, spanMs: number, bytesPerSecond: number): boolean {
    this.#ms += came.ms;
    this.#bytes += came.bytes;
    if (this.#ms < spanMs) return false;
    const slow = this.#bytes < (bytesPerSecond * this.#ms) / 1000;
    this.begin();
    return slow;
  }
}

function periodOf({ clientIdle }: ProxyTimeoutsConfig): number {
  return Math.min(periodMs, clientIdle);
}
