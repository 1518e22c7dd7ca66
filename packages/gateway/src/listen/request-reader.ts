import type { ErrorCode, LimitsConfig } from '@sluice/model';
import { crByte, lfByte } from '../http1/bytes.ts';
import { giveHead, takeHead } from '../http1/head.ts';
import { faultReason, headEnd, parseRequestHead } from '../http1/parse-head.ts';
import type { HeadFault } from '../http1/parse-head.ts';
import { judgeRequest } from '../http1/request.ts';
import type { JudgedRequest } from '../http1/request.ts';

/** Why a request is refused before it becomes an exchange. */
export interface RequestRefusal {
  readonly code: ErrorCode;
  /** What exactly is wrong, for the error's details; may be empty. */
  readonly reason: string;
}

/** Where the request that was read last ends: the offset of the first byte after its head. */
export let requestHeadEnd = 0;

/** Reads the request head at `start`. Undefined: it is not complete yet. A refused head has been given back. */
export function readRequest(
  bytes: Buffer,
  start: number,
  end: number,
  limits: LimitsConfig,
): JudgedRequest | RequestRefusal | undefined {
  const at = skipEmptyLine(bytes, start, end);
  if (at === end) return undefined;
  const head = takeHead();
  // Bytes beyond the limit are not read, so that the verdict does not depend on how the bytes arrive.
  const fault = parseRequestHead(head, bytes, at, Math.min(end, at + limits.maxHeadBytes), limits.maxHeaders);
  requestHeadEnd = headEnd;
  if (fault === undefined) {
    const judged = judgeRequest(head);
    if ('code' in judged) giveHead(head);
    return judged;
  }
  giveHead(head);
  if (fault !== 'incomplete') return refusalOf(fault, limits);
  return end - at > limits.maxHeadBytes ? tooLarge(bytes, at, limits) : undefined;
}

/** The refusal of a head that is too large, or whose request line alone is. */
function tooLarge(bytes: Buffer, start: number, { maxHeadBytes }: LimitsConfig): RequestRefusal {
  const lineEnd = bytes.indexOf(lfByte, start);
  if (lineEnd === -1 || lineEnd - start > maxHeadBytes) {
    return { code: 'URI_TOO_LONG', reason: `the request line is longer than ${maxHeadBytes} bytes` };
  }
  return { code: 'HEADERS_TOO_LARGE', reason: `the head is larger than ${maxHeadBytes} bytes` };
}

/** RFC 9112 §2.2: an empty line before a request is skipped, once. A lone CR may be the beginning of one. */
function skipEmptyLine(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== crByte) return start;
  if (end - start === 1) return end;
  return bytes[start + 1] === lfByte ? start + 2 : start;
}

function refusalOf(fault: Exclude<HeadFault, undefined | 'incomplete'>, { maxHeaders }: LimitsConfig): RequestRefusal {
  switch (fault) {
    case 'too-many-fields':
      return { code: 'HEADERS_TOO_LARGE', reason: `more than ${maxHeaders} header fields` };
    case 'version':
      return { code: 'UNSUPPORTED_VERSION', reason: '' };
    case 'malformed':
      return { code: 'MALFORMED_REQUEST', reason: faultReason };
  }
}
