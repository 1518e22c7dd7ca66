import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { writeHead } from './write-head.ts';
import type { HeaderEdits } from './header-edits.ts';

/** The parts of a response head that the client gets. */
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

/** The framing fields, which are dropped when the framing changes on the way. */
export const framingClasses = (1 << Field.contentLength) | (1 << Field.transferEncoding);

/** Writes the head for the client: the received text with pieces left out and fields added, in the received order. */
export function writeResponseHead({ head, drop, edits, added }: ResponseHeadParts): string {
  return writeHead({
    head,
    startLine: statusLine(head),
    drop: (drop | alwaysDropped) & ~keptAt(head.status),
    edits,
    added,
    // The framing fields stay even if Connection nominates them.
    keepsNominated: (index) => ((1 << head.classes[index]) & framingClasses) !== 0,
  });
}

/** Hop-by-hop fields that the client needs to follow the response (RFC 9110 §15.5.8 and §15.5.22). */
function keptAt(status: number): number {
  if (status === 407) return 1 << Field.proxyAuthenticate;
  return status === 426 ? 1 << Field.upgrade : 0;
}

/** A new status line if the received one cannot stay: the version is ours, and a space follows the status. */
function statusLine(head: Head): string | undefined {
  if (head.minorVersion === 1 && head.text.charCodeAt(12) === 32) return undefined;
  return `HTTP/1.1 ${head.status} ${head.text.slice(13, head.fieldsStart - 2)}\r\n`;
}
