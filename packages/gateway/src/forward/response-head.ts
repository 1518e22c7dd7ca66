import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
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
const ALWAYS_DROPPED =
  (1 << Field.connection) |
  (1 << Field.keepAlive) |
  (1 << Field.proxyConnection) |
  (1 << Field.proxyAuthenticate) |
  (1 << Field.upgrade) |
  (1 << Field.http2Settings) |
  (1 << Field.internal) |
  (1 << Field.xRequestId);

/** The framing fields, for a response whose framing changes on the way. */
export const FRAMING = (1 << Field.contentLength) | (1 << Field.transferEncoding);

/** Writes the head for the client: the received text with pieces left out and fields added, in the received order. */
export function writeResponseHead({ head, drop, edits, added }: ResponseHeadParts): string {
  const { text, marks, classes, count } = head;
  const dropped = drop | ALWAYS_DROPPED;
  let out = '';
  let from = 0;
  if (head.minorVersion === 0 || text.charCodeAt(12) !== 32) {
    // The version is ours: a 1.0 backend does not make us one. And the space before an absent reason is not optional.
    out = `HTTP/1.1 ${head.status} ${text.slice(13, head.fieldsStart - 2)}\r\n`;
    from = head.fieldsStart;
  }
  const careful = edits !== undefined || head.nominated.length > 0;
  for (let i = 0; i < count; i++) {
    if (((1 << classes[i]) & dropped) === 0 && !(careful && isLeftOut(head, i, edits))) continue;
    const start = marks[i * 4];
    if (start > from) out += text.slice(from, start);
    from = i + 1 < count ? marks[(i + 1) * 4] : text.length - 2;
  }
  if (from < text.length - 2) out += text.slice(from, text.length - 2);
  return edits === undefined ? `${out}${added}\r\n` : `${out}${added}${edits.text}\r\n`;
}

function isLeftOut(head: Head, index: number, edits: HeaderEdits | undefined): boolean {
  if (edits !== undefined && edits.covers(head, index)) return true;
  const field = head.classes[index];
  // What the framing rests on stays, whatever Connection nominates.
  if (field === Field.contentLength || field === Field.transferEncoding) return false;
  return head.nominated.some((name) => head.isNamed(index, name));
}
