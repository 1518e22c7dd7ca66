/** The syntax of chunk extensions (RFC 9112 §7.1.1), with the white space that it lets bad senders add around `;` and `=`. */
import { crByte, fieldValueBytes, htabByte, spByte, tokenBytes } from './bytes.ts';

const semicolonByte = 59;
const equalsByte = 61;
const quoteByte = 34;
const backslashByte = 92;

/** Where in an extension the next byte stands. */
export const Extension = {
  /** The line is over: its LF comes next. */
  end: 0,
  invalid: 1,
  /** After the semicolon. */
  nameStart: 2,
  name: 3,
  valueStart: 4,
  token: 5,
  quoted: 6,
  escaped: 7,
  afterQuote: 8,
  /** White space after a name: `=` or `;` must follow, and never the end of the line. */
  afterName: 9,
  /** White space after the size or a value: `;` must follow. */
  beforeSemicolon: 10,
} as const;

/** What comes after `byte` at the place `place`. */
export function nextInExtension(place: number, byte: number): number {
  switch (place) {
    case Extension.nameStart:
      if (isBlank(byte)) return Extension.nameStart;
      return tokenBytes[byte] !== 0 ? Extension.name : Extension.invalid;
    case Extension.name:
      if (tokenBytes[byte] !== 0) return Extension.name;
      if (isBlank(byte)) return Extension.afterName;
      return byte === equalsByte ? Extension.valueStart : afterValue(byte);
    case Extension.afterName:
      if (isBlank(byte)) return Extension.afterName;
      if (byte === equalsByte) return Extension.valueStart;
      return byte === semicolonByte ? Extension.nameStart : Extension.invalid;
    case Extension.beforeSemicolon:
      if (isBlank(byte)) return Extension.beforeSemicolon;
      return byte === semicolonByte ? Extension.nameStart : Extension.invalid;
    case Extension.valueStart:
      if (isBlank(byte)) return Extension.valueStart;
      if (tokenBytes[byte] !== 0) return Extension.token;
      return byte === quoteByte ? Extension.quoted : Extension.invalid;
    case Extension.token:
      return tokenBytes[byte] !== 0 ? Extension.token : afterValue(byte);
    case Extension.quoted:
      if (byte === quoteByte) return Extension.afterQuote;
      if (byte === backslashByte) return Extension.escaped;
      return fieldValueBytes[byte] !== 0 ? Extension.quoted : Extension.invalid;
    case Extension.escaped:
      return fieldValueBytes[byte] !== 0 ? Extension.quoted : Extension.invalid;
    case Extension.afterQuote:
      return afterValue(byte);
    default:
      return Extension.invalid;
  }
}

function afterValue(byte: number): number {
  if (byte === crByte) return Extension.end;
  if (isBlank(byte)) return Extension.beforeSemicolon;
  return byte === semicolonByte ? Extension.nameStart : Extension.invalid;
}

function isBlank(byte: number): boolean {
  return byte === spByte || byte === htabByte;
}
