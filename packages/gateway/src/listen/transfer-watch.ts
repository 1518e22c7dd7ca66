import type { ProxyTimeoutsConfig } from '@sluice/model';

/** How often a transfer is looked at, at the least, in milliseconds; also the span over which `minBodyRate` is taken. */
const periodMs = 5_000;

/** What a transfer has done so far, and whom it waits for. */
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
 * Tells slow clients from gone ones, without a timer per byte: looks every few seconds whether a body comes and a
 * response is taken. A client must do something within `clientIdle`; a body must keep up `minBodyRate`, and a response
 * that waits for its reader `minResponseRate`.
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

  /** The client did something: the silence begins anew. */
  stir(): void {
    this.#quietMs = 0;
  }

  /** The client may send its body again; for part of the period under way it could not. */
  bodyResumes(): void {
    this.stir();
    this.#sending.begin(periodMs);
  }

  /** Looks: when to look again, in milliseconds, or that the client is too slow, or that nothing is left to watch. */
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
    // A window that opens by a segment at a time makes reading come in lumps: its span is as long as a silence may be.
    if (!facts.owesReading) this.#reading.begin();
    else if (this.#reading.trickles({ ms: period, bytes: taken }, clientIdle, minResponseRate)) return 'too slow';
    return period;
  }
}

/** The span under way over which a rate is taken. A client that trickles is as bad as a silent one. */
class RateSpan {
  #ms = 0;
  #bytes = 0;

  /** Begins a span, in `graceMs`. */
  begin(graceMs = 0): void {
    this.#ms = -graceMs;
    this.#bytes = 0;
  }

  /** Adds what came in a while; whether the span is over now and brought too little. */
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
