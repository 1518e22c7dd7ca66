/**
 * A wire is one byte stream to a peer: a client or a backend. The HTTP engine speaks only to this interface; behind it
 * is a public `net`/`tls` socket (`socket-wire.ts`) or, for plain TCP where it works, a bare handle (`handle-wire.ts`).
 */

import type { ClientCertificate } from '../policy/policy.ts';

/** What a wire calls of its owner. Calls come from the event loop, never from inside a call to the wire. */
export interface WireReader {
  /**
   * Bytes arrived: `chunk[start, end)`. They are only valid until this call returns, unless the wire reads exclusively
   * (see `Wire.readExclusively`): then until the owner reads on. What lies before `start` is free for the owner to use.
   */
  onBytes(chunk: Buffer, start: number, end: number): void;
  /** The peer will send no more. */
  onEnd(): void;
  /** All that was written has been handed to the kernel. Only called after a write answered false. */
  onDrain(): void;
  /** The wire is gone; the last call. `error` is a system error code such as `ECONNRESET`, or undefined. */
  onClose(error: string | undefined): void;
}

/** One byte stream. All methods are safe to call on a wire that is already gone. */
export interface Wire {
  /** Whom the wire calls; may be replaced at any time. */
  reader: WireReader;
  /** Whether the wire is gone, or going. */
  readonly destroyed: boolean;
  /** The kernel refused a write. Reading goes on, since an answer may have come before. */
  readonly writeFailed: boolean;
  /** The peer's address, without port. */
  readonly remoteAddress: string;
  /** Whether the stream is encrypted. */
  readonly secure: boolean;
  /** The stream ended below TLS without the peer's close_notify: what came may be a part of what was sent. */
  readonly truncated: boolean;
  /** A write answered false, and `onDrain` has not come yet. */
  readonly full: boolean;
  /** The certificate that the client has shown; over TLS alone. */
  clientCertificate?(): ClientCertificate | undefined;
  /** Bytes written but not yet handed to the kernel. */
  readonly pendingBytes: number;
  /** Whether bytes that were handed to `writeBytes` are still needed where they are. */
  readonly borrows: boolean;
  /** Writes latin1 text, copied. False: it waits in memory; hold back until `onDrain`. */
  writeText(text: string): boolean;
  /** Writes `chunk[start, end)`. False: hold back, and leave these bytes alone, until `onDrain`. */
  writeBytes(chunk: Buffer, start: number, end: number): boolean;
  /** Stops reading; the peer feels it as back-pressure. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /**
   * On: reads into a buffer of its own, so that a body can be passed on without a copy. Off: the buffer is given back
   * (or, when bytes of it are still being written somewhere, `lent`, left to the garbage collector).
   */
  readExclusively(on: boolean, lent?: boolean): void;
  /** Whether bytes handed to `onBytes` stay valid until the owner reads on. */
  readonly exclusive: boolean;
  /** Sends what is pending, then the end of the stream. Reading goes on. */
  finish(): void;
  /** Closes now; what is pending is lost. */
  destroy(): void;
  /** Closes now by a reset, so that the peer cannot take what it got so far for the whole. */
  reset(): void;
}

/** A reader for wires that nobody owns yet, or any more. */
export const noReader: WireReader = {
  onBytes() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};

/** Messages up to this size are joined with their head into one text and one write (see docs/performance.md). */
export const joinLimit = 16_384;

/** Whoever waits for a wire to drain. */
export interface DrainWaiter {
  drained(): void;
}

/** Something under way that can be given up, silently. */
export interface Cancellable {
  cancel(): void;
}
