import { fieldClasses } from './field-names.ts';

/**
 * One parsed HTTP/1.1 head: a view over its text. Fields are offsets into `text`; nothing is turned into objects or
 * lower-cased until somebody asks. Heads are pooled: whoever takes one gives it back when the exchange ends.
 */
export class Head {
  /** The head as received, latin1, from the first byte of the start line to the empty line inclusive. */
  text = '';
  /** Per field four offsets: name start, name end, value start, value end (white space trimmed). */
  marks = new Int32Array(4 * 32);
  /** Per field its class, see `Field`. */
  classes = new Uint8Array(32);
  /** How many fields there are. */
  count = 0;
  /** Bit n is set when a field of class n is present. */
  seen = 0;
  /** Bit n is set when a field of class n is present more than once. */
  repeated = 0;
  /** The index of the first field of a class; only valid when its bit in `seen` is set. */
  readonly first = new Int16Array(fieldClasses);

  /** Where the fields begin in `text`. */
  fieldsStart = 0;
  /** The minor version: 0 or 1. */
  minorVersion = 1;

  /** Requests: the method. */
  method = '';
  /** Requests: the target's offsets in `text`. */
  targetStart = 0;
  targetEnd = 0;
  /** Responses: the status code. */
  status = 0;

  /** The declared body length in bytes, or -1. */
  contentLength = -1;
  /** Whether the body is framed as chunks. */
  chunked = false;
  /** Whether the sender lets the connection persist (RFC 9112 §9.3). */
  keepAlive = true;
  /** Whether `Connection` nominates `upgrade`. */
  upgrade = false;
  /** Field names nominated by `Connection`, lower-case, beyond the usual options. */
  nominated: readonly string[] = noNames;

  /** Makes room for another field. */
  grow(): void {
    const marks = new Int32Array(this.marks.length * 2);
    marks.set(this.marks);
    this.marks = marks;
    const classes = new Uint8Array(this.classes.length * 2);
    classes.set(this.classes);
    this.classes = classes;
  }

  /** Whether a field of this class is present. */
  has(field: number): boolean {
    return (this.seen & (1 << field)) !== 0;
  }

  /** The value of the first field of this class, or undefined. */
  valueOf(field: number): string | undefined {
    return (this.seen & (1 << field)) === 0 ? undefined : this.valueAt(this.first[field]);
  }

  /** The value of the field at this index. */
  valueAt(index: number): string {
    return this.text.slice(this.marks[index * 4 + 2], this.marks[index * 4 + 3]);
  }

  /** The name of the field at this index, as received. */
  nameAt(index: number): string {
    return this.text.slice(this.marks[index * 4], this.marks[index * 4 + 1]);
  }

  /** The value of the first field with this name (given in lower case), or undefined. */
  get(lowerCaseName: string): string | undefined {
    const index = this.indexOf(lowerCaseName, 0);
    return index === -1 ? undefined : this.valueAt(index);
  }

  /** The value of the only field with this name (given in lower case); undefined if there is none, or more than one. */
  only(lowerCaseName: string): string | undefined {
    const index = this.indexOf(lowerCaseName, 0);
    return index === -1 || this.indexOf(lowerCaseName, index + 1) !== -1 ? undefined : this.valueAt(index);
  }

  /** All values under this name (given in lower case) joined by a comma, as RFC 9110 §5.3 allows; undefined if none. */
  combined(lowerCaseName: string): string | undefined {
    let value: string | undefined;
    for (let i = this.indexOf(lowerCaseName, 0); i !== -1; i = this.indexOf(lowerCaseName, i + 1)) {
      value = value === undefined ? this.valueAt(i) : `${value}, ${this.valueAt(i)}`;
    }
    return value;
  }

  /** The index of the first field with this name at or after `from`, or -1. */
  indexOf(lowerCaseName: string, from: number): number {
    for (let i = from; i < this.count; i++) {
      if (this.isNamed(i, lowerCaseName)) return i;
    }
    return -1;
  }

  /** Whether the field at this index has this name (given in lower case). */
  isNamed(index: number, lowerCaseName: string): boolean {
    const start = this.marks[index * 4];
    const length = this.marks[index * 4 + 1] - start;
    if (length !== lowerCaseName.length) return false;
    for (let i = 0; i < length; i++) {
      const expected = lowerCaseName.charCodeAt(i);
      const code = this.text.charCodeAt(start + i);
      if (code !== expected && (code < 65 || code > 90 || (code | 0x20) !== expected)) return false;
    }
    return true;
  }

  /**
   * Whether a receiver could take the field at this index for one of this name (given in lower case): servers that map names to
   * variables know no difference between `X-User`, `X_User` and `x.user`.
   */
  resembles(index: number, lowerCaseName: string): boolean {
    const start = this.marks[index * 4];
    const length = this.marks[index * 4 + 1] - start;
    if (length !== lowerCaseName.length) return false;
    for (let i = 0; i < length; i++) {
      const expected = lowerCaseName.charCodeAt(i);
      const code = this.text.charCodeAt(start + i);
      if (code === expected || (code | 0x20) === expected) continue;
      if (isAlphanumeric(code) || isAlphanumeric(expected)) return false;
    }
    return true;
  }

  /** Empties the head for its next use. */
  reset(): void {
    this.text = '';
    this.count = 0;
    this.seen = 0;
    this.repeated = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.keepAlive = true;
    this.upgrade = false;
    this.nominated = noNames;
  }
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 0x20) >= 97 && (code | 0x20) <= 122);
}

const noNames: readonly string[] = [];
const pool: Head[] = [];
const maxPooled = 4096;

/** A fresh head, from the pool when there is one. */
export function takeHead(): Head {
  return pool.pop() ?? new Head();
}

/** Gives a head back; it must not be touched afterwards. */
export function giveHead(head: Head): void {
  head.reset();
  if (pool.length < maxPooled) pool.push(head);
}
