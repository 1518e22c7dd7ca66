/**
 * What the fields of a parsed head say about the message: how long its body is, whether the connection persists, what
 * `Connection` nominates (RFC 9112 §6 and §9). Anything that two readers could understand differently is refused.
 */
import { Field } from './field-names.ts';
import type { Head } from './head.ts';
import { hostOf } from './host.ts';

/** Why a well-formed head is refused. */
export interface FramingFault {
  readonly kind: 'malformed' | 'unsupported-coding' | 'expectation';
  readonly reason: string;
}

const knownCodings = new Set(['chunked', 'gzip', 'x-gzip', 'deflate', 'compress', 'x-compress']);
const mustBeSingle =
  (1 << Field.host) | (1 << Field.contentLength) | (1 << Field.transferEncoding) | (1 << Field.expect);
const framingClasses = (1 << Field.contentLength) | (1 << Field.transferEncoding);
const noNames: readonly string[] = [];

/** Reads the framing of a request into its head; returns what is wrong, if anything. */
export function frameRequest(head: Head): FramingFault | undefined {
  if ((head.repeated & mustBeSingle) !== 0)
    return malformed('Host, Content-Length, Transfer-Encoding or Expect is repeated');
  const fault = readBodyLength(head) ?? readConnection(head);
  if (fault !== undefined) return fault;
  if (!head.has(Field.host)) {
    if (head.minorVersion === 1) return malformed('Host is missing');
  } else if (hostOf(head.valueOf(Field.host) as string) === undefined) {
    return malformed('Host is not a host name with an optional port');
  }
  if (head.has(Field.expect) && (head.valueOf(Field.expect) as string).toLowerCase() !== '100-continue') {
    return { kind: 'expectation', reason: 'the only known expectation is 100-continue' };
  }
  return undefined;
}

/**
 * Reads the framing of a response into its head; returns what is wrong, if anything. A response with neither length nor
 * chunks is delimited by the end of the connection: `contentLength` is -1 and `chunked` false.
 */
export function frameResponse(head: Head): FramingFault | undefined {
  if ((head.repeated & framingClasses) !== 0) return malformed('Content-Length or Transfer-Encoding is repeated');
  const fault = readBodyLength(head) ?? readConnection(head);
  if (fault === undefined && head.status < 200 && (head.chunked || head.contentLength > 0)) {
    // RFC 9110 §8.6 and §15.2. If it were passed on, some clients would read the next head as a body.
    return malformed('an interim response that declares a body');
  }
  return fault;
}

/** Whether a response to this method with this status has a body at all (RFC 9112 §6.3). */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}

function readBodyLength(head: Head): FramingFault | undefined {
  if ((head.seen & framingClasses) === 0) return undefined;
  if (head.has(Field.transferEncoding)) {
    if (head.minorVersion === 0) return malformed('Transfer-Encoding in an HTTP/1.0 message');
    if (head.has(Field.contentLength)) return malformed('both Transfer-Encoding and Content-Length');
    return readCodings(head);
  }
  const index = head.first[Field.contentLength];
  const length = parseLength(head.valueAt(index));
  if (length === -1 || !isTight(head, index)) return malformed('Content-Length is not one plain decimal number');
  head.contentLength = length;
  return undefined;
}

function readCodings(head: Head): FramingFault | undefined {
  const value = head.valueOf(Field.transferEncoding) as string;
  if (value === 'chunked' || value.toLowerCase() === 'chunked') {
    // A reader that does not trim a tab sees no chunks here.
    if (!isTight(head, head.first[Field.transferEncoding])) return malformed('Transfer-Encoding is padded');
    head.chunked = true;
    return undefined;
  }
  const codings = value.toLowerCase().split(',').map(trimmed);
  const onlyLastIsChunked = codings.indexOf('chunked') === codings.length - 1;
  if (codings.length === 1 || onlyLastIsChunked) {
    const unknown = codings.find((coding) => coding !== 'chunked');
    if (unknown !== undefined && /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(unknown) && unknown !== 'identity') {
      const known = knownCodings.has(unknown) ? 'is not passed on' : 'is unknown';
      return { kind: 'unsupported-coding', reason: `transfer coding ${known}; only chunked is supported` };
    }
  }
  return malformed('Transfer-Encoding does not end in chunked, once');
}

/** A framing field may have one space before its value and nothing else around it, because parsers disagree about padding. */
function isTight(head: Head, index: number): boolean {
  const gap = head.marks[index * 4 + 2] - head.marks[index * 4 + 1];
  return (
    gap <= 2 &&
    head.text.charCodeAt(head.marks[index * 4 + 3]) === 13 &&
    head.text.charCodeAt(head.marks[index * 4 + 2] - 1) !== 9
  );
}

/** A non-negative decimal of at most 15 digits, or -1. Larger numbers do not fit a double exactly. */
function parseLength(text: string): number {
  if (text.length === 0 || text.length > 15) return -1;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

function readConnection(head: Head): FramingFault | undefined {
  head.keepAlive = head.minorVersion === 1;
  if (!head.has(Field.connection)) return undefined;
  if ((head.repeated & (1 << Field.connection)) === 0) {
    // perf: the two values that nearly every client sends.
    const value = head.valueOf(Field.connection) as string;
    if (value === 'keep-alive' || value === 'Keep-Alive') {
      head.keepAlive = true;
      return undefined;
    }
    if (value === 'close') {
      head.keepAlive = false;
      return undefined;
    }
  }
  return readConnectionOptions(head);
}

function readConnectionOptions(head: Head): FramingFault | undefined {
  const nominated: string[] = [];
  let close = false;
  for (const option of (head.combined('connection') as string).toLowerCase().split(',')) {
    const name = trimmed(option);
    if (name === '') continue;
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return malformed('Connection holds something that is not a token');
    if (name === 'close') close = true;
    else if (name === 'keep-alive') head.keepAlive = true;
    else if (name === 'upgrade') head.upgrade = true;
    else nominated.push(name);
  }
  if (close) head.keepAlive = false;
  if (nominated.length > 0) head.nominated = nominated;
  else head.nominated = noNames;
  return undefined;
}

/** Removes spaces and tabs around a value. `trim` would also remove the byte 0xA0, and a regular expression would be quadratic. */
function trimmed(element: string): string {
  let start = 0;
  let end = element.length;
  while (start < end && isBlank(element.charCodeAt(start))) start++;
  while (end > start && isBlank(element.charCodeAt(end - 1))) end--;
  return element.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function malformed(reason: string): FramingFault {
  return { kind: 'malformed', reason };
}
