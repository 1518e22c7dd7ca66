/**
 * Finds where a message body ends in the bytes that carry it, so that they can be passed on untouched. Chunked framing
 * (RFC 9112 §7.1), trailers included, is checked strictly and byte by byte, so that nothing is passed on unchecked.
 */
import { colonByte, crByte, fieldValueBytes, hexValues, lfByte, tokenBytes } from './bytes.ts';
import { Extension, nextInExtension } from './chunk-extension.ts';
import { isPassedInTrailers, mayTrail } from './trailers.ts';

/** How a body is delimited. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'until-close';

const noNames: readonly string[] = [];
const maxExtensionBytes = 256;
/** Extensions over the whole body: a sender that pads every one-byte chunk costs more than it carries. */
const maxExtensionTotal = 16_384;
const maxTrailerBytes = 8_192;
const maxSizeDigits = 13;

const State = {
  size: 0,
  extension: 1,
  sizeLf: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailerStart: 6,
  trailerName: 7,
  trailerValue: 8,
  trailerLf: 9,
  endLf: 10,
} as const;

/** One body in transit. Reused: `begin` starts the next one. */
export class BodyTracker {
  kind: BodyKind = 'none';
  /** The whole body has been seen. */
  done = true;
  /** The framing is invalid; nothing after it can be trusted. */
  broken = false;
  /** Payload bytes seen, without chunk framing. */
  received = 0;
  #remaining = 0;
  #state: number = State.size;
  #digits = 0;
  #extension: number = Extension.nameStart;
  #extensionBytes = 0;
  #extensionTotal = 0;
  #trailerName = '';
  #trailerBytes = 0;
  #filters = false;
  #trailers: string[] | undefined;
  /** The trailer line under way, once there is one and trailers are filtered. */
  #line: string | undefined;
  /** What is to be passed on instead of the bytes that `advance` took last, when trailers among them were filtered. */
  replaced: Buffer | undefined;

  /** The names of trailers that have come, but for those that are left out. */
  get trailers(): readonly string[] {
    return this.#trailers ?? noNames;
  }

  /** Starts a body. `length` counts for kind `length` only; `filters` leaves out trailers that are not passed on. */
  begin(kind: BodyKind, length: number, filters = false): void {
    this.kind = kind;
    this.done = kind === 'none' || (kind === 'length' && length === 0);
    this.broken = false;
    this.received = 0;
    this.#remaining = kind === 'length' ? length : 0;
    this.#state = State.size;
    this.#digits = 0;
    this.#extensionTotal = 0;
    this.#trailerBytes = 0;
    this.#filters = filters;
    this.#line = undefined;
    this.#trailers = undefined;
    this.replaced = undefined;
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
    while (at < end && !this.broken) {
      if (this.#state >= State.trailerStart) return this.#advanceTrailers(chunk, start, at, end);
      if (this.#state === State.data) {
        const taken = Math.min(this.#remaining, end - at);
        if (payload !== undefined && taken > 0) payload(at, at + taken);
        this.#remaining -= taken;
        this.received += taken;
        at += taken;
        if (this.#remaining === 0) this.#state = State.dataCr;
      } else {
        this.#takeFramingByte(chunk[at++]);
      }
    }
    return at;
  }

  /**
   * Trailers up to their end. Filtered ones are passed on line by line, when it is known that they may: `replaced` has what
   * came before them and the lines that stay.
   */
  #advanceTrailers(chunk: Buffer, start: number, from: number, end: number): number {
    let at = from;
    let text = '';
    let rawEnd = this.#line === undefined ? -1 : from;
    while (at < end && !this.done && !this.broken) {
      const byte = chunk[at];
      if (this.#filters && this.#line === undefined && this.#state === State.trailerStart && byte !== crByte) {
        rawEnd = at;
        this.#line = '';
      }
      this.#takeTrailerByte(byte);
      at++;
      if (this.#line === undefined) continue;
      this.#line += String.fromCharCode(byte);
      if (this.#state !== State.trailerStart && !this.done) continue;
      if (this.done || isPassedInTrailers(this.#trailerName)) text += this.#line;
      this.#line = '';
    }
    if (rawEnd >= 0) this.replaced = Buffer.concat([chunk.subarray(start, rawEnd), Buffer.from(text, 'latin1')]);
    return at;
  }

  /** One byte of a chunk-size line, or of the CR LF around data. */
  #takeFramingByte(byte: number): void {
    switch (this.#state) {
      case State.size:
        return this.#takeSizeByte(byte);
      case State.extension:
        return this.#takeExtensionByte(byte);
      case State.sizeLf:
        return this.#expect(byte, lfByte, this.#remaining === 0 ? State.trailerStart : State.data);
      case State.dataCr:
        return this.#expect(byte, crByte, State.dataLf);
      default:
        this.#digits = 0;
        return this.#expect(byte, lfByte, State.size);
    }
  }

  #expect(byte: number, expected: number, next: number): void {
    if (byte !== expected) this.broken = true;
    this.#state = next;
  }

  #takeSizeByte(byte: number): void {
    const digit = hexValues[byte];
    if (digit !== 255) {
      this.#remaining = this.#digits === 0 ? digit : this.#remaining * 16 + digit;
      if (++this.#digits > maxSizeDigits) this.broken = true;
    } else if (this.#digits === 0) {
      this.broken = true;
    } else if (byte === crByte) {
      this.#state = State.sizeLf;
    } else {
      this.#state = State.extension;
      this.#extension = nextInExtension(Extension.beforeSemicolon, byte);
      this.#extensionBytes = 0;
      this.broken = this.#extension === Extension.invalid;
    }
  }

  #takeExtensionByte(byte: number): void {
    this.#extension = nextInExtension(this.#extension, byte);
    if (this.#extension === Extension.end) {
      this.#state = State.sizeLf;
      return;
    }
    const tooLong = ++this.#extensionBytes > maxExtensionBytes || ++this.#extensionTotal > maxExtensionTotal;
    if (tooLong || this.#extension === Extension.invalid) this.broken = true;
  }

  #beginTrailerValue(): void {
    this.#state = State.trailerValue;
    if (!isPassedInTrailers(this.#trailerName)) return;
    if (this.#trailers === undefined) this.#trailers = [this.#trailerName];
    else this.#trailers.push(this.#trailerName);
  }

  /**
   * Checks trailers byte by byte, before their end has arrived. Otherwise bytes that were already passed on could be the end
   * of the message, and another request after it, to a receiver that accepts a bare LF as a line end.
   */
  #takeTrailerByte(byte: number): void {
    if (++this.#trailerBytes > maxTrailerBytes) this.broken = true;
    switch (this.#state) {
      case State.trailerStart:
        if (byte === crByte) this.#state = State.endLf;
        else if (tokenBytes[byte] === 0) this.broken = true;
        else this.#state = State.trailerName;
        this.#trailerName = String.fromCharCode(byte);
        return;
      case State.trailerName:
        if (tokenBytes[byte] !== 0) this.#trailerName += String.fromCharCode(byte);
        else if (byte === colonByte && mayTrail(this.#trailerName)) this.#beginTrailerValue();
        else this.broken = true;
        return;
      case State.trailerValue:
        if (byte === crByte) this.#state = State.trailerLf;
        else if (fieldValueBytes[byte] === 0) this.broken = true;
        return;
      case State.trailerLf:
        return this.#expect(byte, lfByte, State.trailerStart);
      default:
        this.#expect(byte, lfByte, State.endLf);
        this.done = !this.broken;
    }
  }
}
