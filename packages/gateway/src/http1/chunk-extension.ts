/** The syntax of chunk extensions (RFC 9112 §7.1.1), without the white space that it lets bad senders add. */
import { CR, FIELD_VALUE, TOKEN } from './bytes.ts';

const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

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
} as const;

/** What comes after `byte` at the place `place`. */
export function nextInExtension(place: number, byte: number): number {
  switch (place) {
    case Extension.nameStart:
      return TOKEN[byte] !== 0 ? Extension.name : Extension.invalid;
    case Extension.name:
      if (TOKEN[byte] !== 0) return Extension.name;
      return byte === EQUALS ? Extension.valueStart : afterValue(byte);
    case Extension.valueStart:
      if (TOKEN[byte] !== 0) return Extension.token;
      return byte === QUOTE ? Extension.quoted : Extension.invalid;
    case Extension.token:
      return TOKEN[byte] !== 0 ? Extension.token : afterValue(byte);
    case Extension.quoted:
      if (byte === QUOTE) return Extension.afterQuote;
      if (byte === BACKSLASH) return Extension.escaped;
      return FIELD_VALUE[byte] !== 0 ? Extension.quoted : Extension.invalid;
    case Extension.escaped:
      return FIELD_VALUE[byte] !== 0 ? Extension.quoted : Extension.invalid;
    case Extension.afterQuote:
      return afterValue(byte);
    default:
      return Extension.invalid;
  }
}

function afterValue(byte: number): number {
  if (byte === CR) return Extension.end;
  return byte === SEMICOLON ? Extension.nameStart : Extension.invalid;
}
