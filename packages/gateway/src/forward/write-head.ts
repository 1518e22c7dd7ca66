import type { Head } from '../http1/head.ts';
import type { HeaderEdits } from './header-edits.ts';

/** How a head is passed on: as received, without some fields and with others added. */
export interface HeadParts {
  readonly head: Head;
  /** A start line of our own; undefined keeps the one received. */
  readonly startLine: string | undefined;
  /** Bit mask over `Field`: classes of fields to leave out. */
  readonly drop: number;
  /** Whether a field stays although `Connection` nominates it; by its index and its name in lower case. */
  keepsNominated(index: number, name: string): boolean;
  readonly edits: HeaderEdits | undefined;
  /** Fields to add, each ending in CR LF. */
  readonly added: string;
}

/** Writes a head in the received order and spelling. */
export function writeHead(copy: HeadParts): string {
  const { head, startLine, drop, edits, added } = copy;
  const { text, marks, classes, count } = head;
  const last = text.length - 2;
  const careful = edits !== undefined || head.nominated.length > 0;
  let out = startLine ?? '';
  let from = startLine === undefined ? 0 : head.fieldsStart;
  // perf: kept fields that follow one another leave as one slice (bench: 1k-64).
  for (let i = 0; i < count; i++) {
    if (((1 << classes[i]) & drop) === 0 && !(careful && isLeftOut(copy, i))) continue;
    const start = marks[i * 4];
    if (start > from) out += text.slice(from, start);
    from = i + 1 < count ? marks[(i + 1) * 4] : last;
  }
  if (from < last) out += text.slice(from, last);
  return edits === undefined ? `${out}${added}\r\n` : `${out}${added}${edits.text}\r\n`;
}

function isLeftOut(copy: HeadParts, index: number): boolean {
  const { head, edits } = copy;
  if (edits !== undefined && edits.covers(head, index)) return true;
  return head.nominated.some((name) => head.isNamed(index, name) && !copy.keepsNominated(index, name));
}
