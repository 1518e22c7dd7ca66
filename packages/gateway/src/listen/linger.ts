import { discardLimit } from '../forward/unread-body.ts';

/** How many bytes a client may send after its answer, and how long it may be silent. */
export interface LingerBounds {
  readonly bytes: number;
  readonly silenceMs: number;
}

/**
 * After the last response, what the client still sends is read and dropped, so that the client gets to read the response: many
 * read nothing before they have sent everything, and a reset would take the response away from them.
 */
export const lingerLimits: LingerBounds = { bytes: 67_108_864, silenceMs: 5_000 };
/** For a complete request: all that can still come is the client's own end. */
export const goodbyeLimits: LingerBounds = { ...lingerLimits, silenceMs: 2_000 };
/** For the rest of a body between two requests. */
export const discardLimits: LingerBounds = { ...lingerLimits, bytes: discardLimit };

/** How long a client may keep sending. */
const totalMs = 30_000;

/** Decides how long to wait for a client that has been answered but has not sent all of its request, or read all of the answer. */
export class Linger {
  #bytesLeft = 0;
  #silenceMs = 0;
  #clientIdleMs = 0;
  #endsAt = 0;
  #receivedAt = 0;
  #takenAt = 0;
  #pending = 0;

  /** Begins. `pending` bytes of the answer are not taken yet; the client must take some within `clientIdleMs`. */
  begin(now: number, { bytes, silenceMs }: LingerBounds, clientIdleMs: number, pending: number): void {
    this.#bytesLeft = bytes;
    this.#silenceMs = silenceMs;
    this.#clientIdleMs = clientIdleMs;
    this.#receivedAt = now;
    this.#taken(now, pending);
  }

  /** Counts bytes that came. Returns whether they are within the bound. */
  take(now: number, bytes: number): boolean {
    this.#receivedAt = now;
    this.#bytesLeft -= bytes;
    return this.#bytesLeft >= 0;
  }

  /** How long to wait until the next look, in milliseconds; 0 ends the waiting. */
  patience(now: number, pending: number): number {
    if (pending < this.#pending) this.#taken(now, pending);
    const silence = Math.max(this.#receivedAt, this.#takenAt) + this.#silenceMs;
    const until = pending > 0 ? this.#takenAt + this.#clientIdleMs : Math.min(silence, this.#endsAt);
    return Math.max(0, until - now);
  }

  /** The total time begins when the client has its answer. */
  #taken(now: number, pending: number): void {
    this.#pending = pending;
    this.#takenAt = now;
    this.#endsAt = now + totalMs;
  }
}
