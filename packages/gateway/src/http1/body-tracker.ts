/**
 * Follows a message body through the bytes that carry it, so that they can be passed on untouched: where does this
 * message end? Chunked framing (RFC 9112 §7.1) is checked strictly; trailers are checked like fields.
 */
import { CR, FIELD_VALUE, HEX, LF } from './bytes.ts';
import { Field } from './field-names.ts';
import { checkFieldLines } from './parse-head.ts';

/** How a body is delimited. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'until-close';

const MAX_EXTENSION_BYTES = 256;
/** Extensions over the whole body: a sender that pads every one-byte chunk costs more than it carries. */
const MAX_EXTENSION_TOTAL = 16_384;
const MAX_TRAILER_BYTES = 8_192;
const MAX_SIZE_DIGITS = 13;

/** Fields that would change framing, routing or trust if a receiver merged trailers into the head. */
const FORBIDDEN_IN_TRAILERS =
  (1 << Field.host) |
  (1 << Field.connection) |
  (1 << Field.contentLength) |
  (1 << Field.transferEncoding) |
  (1 << Field.expect) |
  (1 << Field.upgrade) |
  (1 << Field.te) |
  (1 << Field.forwarded) |
  (1 << Field.xForwarded) |
  (1 << Field.xRealIp) |
  (1 << Field.internal) |
  (1 << Field.underscored) |
  (1 << Field.proxyAuthorization);

const State = { size: 0, extension: 1, sizeLf: 2, data: 3, dataCr: 4, dataLf: 5, trailer: 6 } as const;

/** One body in transit. Reused: `begin` starts the next one. */
export class BodyTracker {
  kind: BodyKind = 'none';
  /** The whole body has been seen. */
  done = true;
  /** The framing was violated; nothing more can be trusted. */
  broken = false;
  /** Payload bytes seen, without chunk framing. */
  received = 0;
  #remaining = 0;
  #state: number = State.size;
  #digits = 0;
  #extensionBytes = 0;
  #extensionTotal = 0;
  #trailer = '';

  /** Starts a body. `length` counts for kind `length` only. */
  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.done = kind === 'none' || (kind === 'length' && length === 0);
    this.broken = false;
    this.received = 0;
    this.#remaining = kind === 'length' ? length : 0;
    this.#state = State.size;
    this.#digits = 0;
    this.#extensionTotal = 0;
    this.#trailer = '';
  }

  /**
   * Takes the bytes of `chunk[start, end)` that belong to this body and returns the offset after the last of them.
   * `payload`, if given, is called with each stretch of payload (without chunk framing).
   */
  advance(chunk: Buffer, start: number, end: number, payload?: (from: number, to: number) => void): number {
    if (this.done) return start;
    if (this.kind === 'chunked') return this.#advanceChunks(chunk, start, end, payload);
    const taken = this.kind === 'length' ? Math.min(this.#remaining, end - start) : end - start;
    this.received += taken;
    if (this.kind === 'length') {
      this.#remaining -= taken;
      this.done = this.#remaining === 0;
    }
    if (payload !== undefined && taken > 0) payload(start, start + taken);
    return start + taken;
  }

  #advanceChunks(chunk: Buffer, start: number, end: number, payload?: (from: number, to: number) => void): number {
    let at = start;
    while (at < end && !this.done && !this.broken) {
      if (this.#state === State.data) {
        const taken = Math.min(this.#remaining, end - at);
        if (payload !== undefined && taken > 0) payload(at, at + taken);
        this.#remaining -= taken;
        this.received += taken;
        at += taken;
        if (this.#remaining === 0) this.#state = State.dataCr;
      } else if (this.#state === State.trailer) {
        at = this.#takeTrailer(chunk, at, end);
      } else {
        this.#takeFramingByte(chunk[at++]);
      }
    }
    return at;
  }

  /** One byte of a chunk-size line or of the CR LF around data. */
  #takeFramingByte(byte: number): void {
    switch (this.#state) {
      case State.size:
        return this.#takeSizeByte(byte);
      case State.extension:
        return this.#takeExtensionByte(byte);
      case State.sizeLf:
        if (byte !== LF) this.broken = true;
        this.#state = this.#remaining === 0 ? State.trailer : State.data;
        return;
      case State.dataCr:
        if (byte !== CR) this.broken = true;
        this.#state = State.dataLf;
        return;
      default:
        if (byte !== LF) this.broken = true;
        this.#state = State.size;
        this.#digits = 0;
    }
  }

  #takeSizeByte(byte: number): void {
    const digit = HEX[byte];
    if (digit !== 255) {
      this.#remaining = this.#digits === 0 ? digit : this.#remaining * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS) this.broken = true;
    } else if (this.#digits === 0) {
      this.broken = true;
    } else if (byte === CR) {
      this.#state = State.sizeLf;
    } else if (byte === 59) {
      this.#state = State.extension;
      this.#extensionBytes = 0;
    } else {
      this.broken = true;
    }
  }

  #takeExtensionByte(byte: number): void {
    if (byte === CR) {
      this.#state = State.sizeLf;
      return;
    }
    this.#extensionTotal++;
    if (
      FIELD_VALUE[byte] === 0 ||
      ++this.#extensionBytes > MAX_EXTENSION_BYTES ||
      this.#extensionTotal > MAX_EXTENSION_TOTAL
    ) {
      this.broken = true;
    }
  }

  /** Collects trailers until their empty line. The usual case, none at all, is the two bytes CR LF. */
  #takeTrailer(chunk: Buffer, start: number, end: number): number {
    const before = this.#trailer.length;
    // Only as much as could still belong to the trailers is looked at.
    const window = chunk.toString('latin1', start, Math.min(end, start + MAX_TRAILER_BYTES + 2));
    const text = before === 0 ? window : this.#trailer + window;
    const close = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (close === -1) {
      this.#trailer = text;
      if (text.length > MAX_TRAILER_BYTES || (text.length > 1 && text.startsWith('\r'))) this.broken = true;
      return Math.min(end, start + window.length);
    }
    const length = close === 0 ? 2 : close + 4;
    if (close > 0) {
      const lines = Buffer.from(text.slice(0, close + 2), 'latin1');
      if (!checkFieldLines(lines, 0, lines.length, (field) => (FORBIDDEN_IN_TRAILERS & (1 << field)) === 0))
        this.broken = true;
    }
    this.done = !this.broken;
    return start + length - before;
  }
}
