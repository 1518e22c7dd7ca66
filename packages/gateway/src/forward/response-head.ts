import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { writeHead } from './write-head.ts';
import type { HeaderEdits } from './header-edits.ts';

/** What of a backend's response reaches the client. */
export interface ResponseHeadParts {
  readonly head: Head;
  /** Bit mask over `Field`: classes of fields to leave out besides the usual ones. */
  readonly drop: number;
  readonly edits: HeaderEdits | undefined;
  /** Fields to add, each ending in CR LF. */
  readonly added: string;
}

/** Hop-by-hop fields, and those that only the gateway may set. */
const alwaysDropped =
  (1 << Field.connection) |
  (1 << Field.keepAlive) |
  (1 << Field.proxyConnection) |
  (1 << Field.proxyAuthenticate) |
  (1 << Field.upgrade) |
  (1 << Field.http2Settings) |
  (1 << Field.internal) |
  (1 << Field.xRequestId);

/** The framing fields, for a response whose framing changes on the way. */
export const framingClasses = (1 << Field.contentLength) | (1 << Field.transferEncoding);

/** Writes the head for the client: the received text with pieces left out and fields added, in the received order. */
export function writeResponseHead({ head, drop, edits, added }: ResponseHeadParts): string {
  return writeHead({
    head,
    startLine: statusLine(head),
    drop: (drop | alwaysDropped) & ~keptAt(head.status),
    edits,
    added,
    // What the framing rests on stays, whatever Connection nominates.
    keepsNominated: (index) => ((1 << head.classes[index]) & framingClasses) !== 0,
  });
}

/** What a client needs of the hop-by-hop fields to do as it is told (RFC 9110 §15.5.8 and §15.5.22). */
function keptAt(status: number): number {
  if (status === 407) return 1 << Field.proxyAuthenticate;
  return status === 426 ? 1 << Field.upgrade : 0;
}

/** A status line of our own where the received one cannot stay: the version is ours, the space after the status is due. */
function statusLine(head: Head): string | undefined {
  if (head.minorVersion === 1 && head.text.charCodeAt(12) === 32) return undefined;
  return `HTTP/1.1 ${head.status} ${head.text.slice(13, head.fieldsStart - 2)}\r\n`;
}
