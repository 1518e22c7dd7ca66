/**
 * The syntax of HTTP/1.1 heads (RFC 9112 §2–5), strictly: what a lenient parser would repair is refused here, since two
 * parsers that repair differently are how requests are smuggled. What the fields mean is judged in `framing.ts`.
 */
import { colonByte, crByte, fieldValueBytes, htabByte, lfByte, spByte, targetBytes, tokenBytes } from './bytes.ts';
import { classifyField, Field } from './field-names.ts';
import { endOfValue, wordsOf } from './field-value.ts';
import type { Head } from './head.ts';

/** Why a head could not be parsed. `incomplete` is no error: more bytes are needed. */
export type HeadFault = 'incomplete' | 'malformed' | 'version' | 'too-many-fields' | undefined;

/** What was wrong with the last `malformed` head, for the details of the error. */
export let faultReason = '';

/** The end of the head that was parsed last: the offset of the first byte after its empty line. */
export let headEnd = 0;

/** Parses a request head that begins at `start`; `head` must be fresh. */
export function parseRequestHead(head: Head, bytes: Buffer, start: number, end: number, maxFields: number): HeadFault {
  let at = start;
  while (at < end && tokenBytes[bytes[at]] !== 0) at++;
  if (at === end) return 'incomplete';
  if (at === start || bytes[at] !== spByte) return malformed('the method is not a token followed by one space');
  const methodEnd = at;
  const targetStart = ++at;
  while (at < end && targetBytes[bytes[at]] !== 0) at++;
  if (at === end) return 'incomplete';
  if (at === targetStart || bytes[at] !== spByte)
    return malformed('the request target is empty or holds a forbidden byte');
  const targetEnd = at++;
  if (end - at < 10) return startsLikeVersion(bytes, at, end) ? 'incomplete' : malformed('the version is missing');
  const fault = parseVersion(head, bytes, at);
  if (fault !== undefined) return fault;
  if (bytes[at + 8] !== crByte || bytes[at + 9] !== lfByte) return malformed('the request line does not end in CR LF');
  head.method = methodName(bytes, start, methodEnd);
  head.targetStart = targetStart - start;
  head.targetEnd = targetEnd - start;
  return parseFields(head, bytes, start, at + 10, end, maxFields);
}

/** Parses a response head that begins at `start`; `head` must be fresh. */
export function parseResponseHead(head: Head, bytes: Buffer, start: number, end: number, maxFields: number): HeadFault {
  // HTTP/1.1 SP 3DIGIT [ SP reason ] CRLF
  if (end - start < 14) return startsLikeVersion(bytes, start, end) ? 'incomplete' : malformed('no status line');
  const fault = parseVersion(head, bytes, start);
  if (fault !== undefined) return fault;
  if (bytes[start + 8] !== spByte) return malformed('the version is not followed by one space');
  const status = (bytes[start + 9] - 48) * 100 + (bytes[start + 10] - 48) * 10 + (bytes[start + 11] - 48);
  for (let i = 9; i < 12; i++) {
    if (bytes[start + i] < 48 || bytes[start + i] > 57) return malformed('the status is not three digits');
  }
  if (status < 100 || status > 599) return malformed('the status is out of range');
  let at = start + 12;
  if (bytes[at] !== spByte && bytes[at] !== crByte) return malformed('the status is not three digits');
  while (at < end && fieldValueBytes[bytes[at]] !== 0) at++;
  if (end - at < 2) return 'incomplete';
  if (bytes[at] !== crByte || bytes[at + 1] !== lfByte) return malformed('the status line does not end in CR LF');
  head.status = status;
  return parseFields(head, bytes, start, at + 2, end, maxFields);
}

function parseFields(
  head: Head,
  bytes: Buffer,
  start: number,
  from: number,
  end: number,
  maxFields: number,
): HeadFault {
  let at = from;
  let count = 0;
  let seen = 0;
  let repeated = 0;
  const words = wordsOf(bytes, end - from);
  head.fieldsStart = from - start;
  for (;;) {
    if (at >= end) return 'incomplete';
    if (bytes[at] === crByte) {
      if (at + 1 === end) return 'incomplete';
      if (bytes[at + 1] !== lfByte) return malformed('a bare CR');
      break;
    }
    if (count === maxFields) return 'too-many-fields';
    const nameStart = at;
    let mixture = 0;
    let kind = 0;
    while (at < end && (kind = tokenBytes[bytes[at]]) !== 0) {
      mixture |= kind;
      at++;
    }
    if (at === end) return 'incomplete';
    if (bytes[at] !== colonByte || at === nameStart)
      return malformed('a field name is not a token followed by a colon');
    const nameEnd = at++;
    while (at < end && (bytes[at] === spByte || bytes[at] === htabByte)) at++;
    const valueStart = at;
    at = endOfValue(bytes, words, at, end);
    if (end - at < 2)
      return at === end || bytes[at] === crByte ? 'incomplete' : malformed('a field value holds a control byte');
    if (bytes[at] !== crByte || bytes[at + 1] !== lfByte) return malformed('a field value holds a control byte');
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === spByte || bytes[valueEnd - 1] === htabByte)) valueEnd--;
    at += 2;

    if (count === head.classes.length) head.grow();
    const field = mixture > 1 ? Field.underscored : classifyField(bytes, nameStart, nameEnd);
    const marks = head.marks;
    marks[count * 4] = nameStart - start;
    marks[count * 4 + 1] = nameEnd - start;
    marks[count * 4 + 2] = valueStart - start;
    marks[count * 4 + 3] = valueEnd - start;
    head.classes[count] = field;
    const bit = 1 << field;
    if ((seen & bit) === 0) head.first[field] = count;
    else repeated |= bit;
    seen |= bit;
    count++;
  }
  head.count = count;
  head.seen = seen;
  head.repeated = repeated;
  headEnd = at + 2;
  head.text = bytes.toString('latin1', start, headEnd);
  return undefined;
}

function parseVersion(head: Head, bytes: Buffer, at: number): HeadFault {
  // perf: "HTTP/1." byte by byte; a string comparison would allocate.
  if (
    bytes[at] !== 72 ||
    bytes[at + 1] !== 84 ||
    bytes[at + 2] !== 84 ||
    bytes[at + 3] !== 80 ||
    bytes[at + 4] !== 47 ||
    bytes[at + 6] !== 46
  ) {
    return malformed('the version is not HTTP/1.x');
  }
  const minor = bytes[at + 7] - 48;
  if (bytes[at + 5] !== 49)
    return bytes[at + 5] >= 48 && bytes[at + 5] <= 57 ? 'version' : malformed('the version is not HTTP/1.x');
  if (minor !== 0 && minor !== 1) return minor > 1 && minor <= 9 ? 'version' : malformed('the version is not HTTP/1.x');
  head.minorVersion = minor;
  return undefined;
}

function startsLikeVersion(bytes: Buffer, start: number, end: number): boolean {
  const expected = 'HTTP/';
  for (let i = 0; i < Math.min(end - start, expected.length); i++) {
    if (bytes[start + i] !== expected.charCodeAt(i)) return false;
  }
  return true;
}

function methodName(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 3 && bytes[start] === 71 && bytes[start + 1] === 69 && bytes[start + 2] === 84) return 'GET';
  if (
    length === 4 &&
    bytes[start] === 80 &&
    bytes[start + 1] === 79 &&
    bytes[start + 2] === 83 &&
    bytes[start + 3] === 84
  ) {
    return 'POST';
  }
  return bytes.toString('latin1', start, end);
}

function malformed(reason: string): HeadFault {
  faultReason = reason;
  return 'malformed';
}
