import { hexByte } from './hex-byte.ts';

const ampersand = 0x26;
const equalsSign = 0x3d;
const percent = 0x25;
const plus = 0x2b;
const space = 0x20;

/**
 * Whether the query has a parameter of this name and, when `value` is given, of this value. A parameter that occurs
 * several times matches with any occurrence. Names and values are compared decoded (`%XX`, `+` is a space) without
 * making new strings; a `%` that does not begin an escape stands for itself.
 *
 * `name` and `value` are byte strings (see `byteString`).
 */
export function queryHas(query: string, name: string, value: string | undefined): boolean {
  for (let start = 0; start < query.length;) {
    let end = start;
    let nameEnd = -1;
    for (; end < query.length; end++) {
      const code = query.charCodeAt(end);
      if (code === ampersand) break;
      if (code === equalsSign && nameEnd < 0) nameEnd = end;
    }
    if (nameEnd < 0) nameEnd = end;
    if (decodesTo(query, start, nameEnd, name)) {
      if (value === undefined || decodesTo(query, Math.min(nameEnd + 1, end), end, value)) return true;
    }
    start = end + 1;
  }
  return false;
}

/** The UTF-8 bytes of a text, one character for each byte: the form in which the wire is read. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function decodesTo(query: string, start: number, end: number, expected: string): boolean {
  let at = start;
  let length = 0;
  while (at < end && length < expected.length) {
    let code = query.charCodeAt(at);
    let width = 1;
    if (code === plus) code = space;
    else if (code === percent && at + 2 < end) {
      const byte = hexByte(query, at + 1);
      if (byte >= 0) {
        code = byte;
        width = 3;
      }
    }
    if (code !== expected.charCodeAt(length)) return false;
    at += width;
    length++;
  }
  return at === end && length === expected.length;
}
