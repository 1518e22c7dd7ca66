const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Short texts are nearly always ASCII, and copied faster here than by a call out of JavaScript. */
const shortText = 64;

/**
 * Writes protobuf (https://protobuf.dev/programming-guides/encoding) to a buffer that grows and is used again. Fields with
 * their default value are written as well: whether one is left out is for the caller to say.
 */
export class ProtoWriter {
  #bytes: Buffer<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  readonly #capacity: number;
  readonly #text = new TextEncoder();

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#bytes = allocated(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as part of the buffer: the next write may change it. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written, with a buffer of its own that may be transferred. The writer goes on with `next`, or with a new one. */
  take(next?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const taken = this.written();
    this.#replace(next === undefined ? allocated(this.#capacity) : Buffer.from(next));
    this.#length = 0;
    return taken;
  }

  /** Forgets what was written, and keeps the buffer. */
  clear(): void {
    this.#length = 0;
  }

  /** An unsigned or signed integer, a boolean or an enumeration; exact between -2^53 and 2^53. */
  integer(field: number, value: number): void {
    this.#reserve(15);
    this.#key(field, varint);
    if (value < 0) this.#negative(value);
    else this.#varint(value);
  }

  double(field: number, value: number): void {
    this.#reserve(13);
    this.#key(field, fixed64);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** An integer of 64 bits that is always eight bytes long; exact below 2^53. */
  fixed64(field: number, value: number): void {
    this.#halves(field, Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000);
  }

  fixed32(field: number, value: number): void {
    this.#reserve(9);
    this.#key(field, fixed32);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Milliseconds since 1970 as a `fixed64` of nanoseconds, which no number can hold. */
  time(field: number, milliseconds: number): void {
    let seconds = Math.floor(milliseconds / 1000);
    let nanos = Math.round((milliseconds - seconds * 1000) * 1e6);
    if (nanos === 1e9) {
      seconds++;
      nanos = 0;
    }
    // seconds * 1e9 + nanos, by the two halves of the seconds.
    const upper = Math.floor(seconds / 0x1_0000) * 1e9;
    const lower = (seconds % 0x1_0000) * 1e9 + nanos;
    const low = (upper % 0x1_0000) * 0x1_0000 + (lower % 0x1_0000_0000);
    const carry = low >= 0x1_0000_0000 ? 1 : 0;
    this.#halves(field, Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000) + carry, low);
  }

  string(field: number, text: string): void {
    const start = this.begin(field);
    if (text.length > shortText || !this.#ascii(text)) this.#utf8(text);
    this.end(start);
  }

  /** Bytes that are given as hexadecimal digits. */
  hex(field: number, digits: string): void {
    const size = digits.length >> 1;
    this.#reserve(10 + size);
    this.#key(field, lengthDelimited);
    this.#varint(size);
    // perf: request-tracer.bench.ts; ids are slices of longer texts, whose letters are slow to read one by one.
    this.#length += this.#bytes.write(digits, this.#length, size, 'hex');
  }

  /** Bytes that are whole fields already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins a message within this one; what is returned goes to `end`. */
  begin(field: number): number {
    this.#reserve(6);
    this.#key(field, lengthDelimited);
    // One byte for the length, which is enough for most.
    return ++this.#length;
  }

  end(start: number): void {
    const size = this.#length - start;
    const extra = varintSize(size) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(start + extra, start, this.#length);
    }
    this.#length = start - 1;
    this.#varint(size);
    this.#length = start + extra + size;
  }

  #halves(field: number, high: number, low: number): void {
    this.#reserve(13);
    this.#key(field, fixed64);
    this.#view.setUint32(this.#length, low, true);
    this.#view.setUint32(this.#length + 4, high, true);
    this.#length += 8;
  }

  #key(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** The two's complement in 64 bits, which takes ten bytes. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** Writes a text of ASCII alone; when there is something else in it, nothing is written. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[start + at] = code;
    }
    this.#length = start + length;
    return true;
  }

  #utf8(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#text.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = allocated(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.written());
    this.#replace(larger);
  }

  #replace(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** With memory of its own, which can be transferred. */
function allocated(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(size));
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
