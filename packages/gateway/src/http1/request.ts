/** Checks a parsed request head: framing, target and host, in one place. */
import type { ErrorCode } from '@sluice/model';
import { normalisePath } from '../route/normalise-path.ts';
import { Field } from './field-names.ts';
import { frameRequest } from './framing.ts';
import type { Head } from './head.ts';
import { hostOf, sameAuthority } from './host.ts';

/** A request that is valid: its path is normalised, its host canonical and without port. */
export interface JudgedRequest {
  readonly head: Head;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  /** Why only a route with raw paths may take the path; undefined when any route may. */
  readonly onlyRaw?: string | undefined;
}

/** Why a request is refused. */
export interface Refusal {
  readonly code: Extract<ErrorCode, 'MALFORMED_REQUEST' | 'UNSUPPORTED_TRANSFER_CODING' | 'EXPECTATION_FAILED'>;
  readonly reason: string;
}

/** Checks a request head; anything ambiguous is refused. */
export function judgeRequest(head: Head): JudgedRequest | Refusal {
  const fault = frameRequest(head);
  if (fault !== undefined) return { code: codes[fault.kind], reason: fault.reason };
  if (head.method === 'CONNECT') return malformed('CONNECT is for forward proxies');
  const { text, targetStart, targetEnd } = head;
  const host = hostOf(head.valueOf(Field.host) ?? '') ?? '';
  const first = text.charCodeAt(targetStart);
  if (first === 47) return originForm(head, targetStart, host);
  if (first === 42 && targetEnd - targetStart === 1) {
    return head.method === 'OPTIONS'
      ? { head, path: '*', query: '', host }
      : malformed('the target * is for OPTIONS only');
  }
  return absoluteForm(head);
}

const codes = {
  malformed: 'MALFORMED_REQUEST',
  'unsupported-coding': 'UNSUPPORTED_TRANSFER_CODING',
  expectation: 'EXPECTATION_FAILED',
} as const;

function originForm(head: Head, pathStart: number, host: string): JudgedRequest | Refusal {
  const { text, targetEnd } = head;
  const mark = text.indexOf('?', pathStart);
  const pathEnd = mark === -1 || mark > targetEnd ? targetEnd : mark;
  const received = text.slice(pathStart, pathEnd);
  const query = pathEnd === targetEnd ? '' : text.slice(pathEnd + 1, targetEnd);
  const normalised = normalisePath(received);
  if (normalised.ok) return { head, path: normalised.path, query, host };
  const raw = normalisePath(received, { keepsSlashes: true });
  if (!raw.ok) return malformed(raw.reason);
  return { head, path: raw.path, query, host, onlyRaw: normalised.reason };
}

/** The path and query of a judged request, as received. */
export function receivedPath({ text, targetStart, targetEnd }: Head): string {
  if (text.charCodeAt(targetStart) === 47) return text.slice(targetStart, targetEnd);
  const target = text.slice(targetStart, targetEnd).replace(absolute, '');
  return target.startsWith('/') ? target : `/${target}`;
}

const absolute = /^https?:\/\/([^/?]*)/i;

/**
 * RFC 9112 §3.2.2: a proxy must accept it. The authority must be the Host, or the two could be routed differently; without
 * Host (HTTP/1.0) it stands for one.
 */
function absoluteForm(head: Head): JudgedRequest | Refusal {
  const target = head.text.slice(head.targetStart, head.targetEnd);
  const match = /^http(s?):\/\/([^/?]*)/i.exec(target);
  if (match === null) return malformed('the request target has none of the accepted forms');
  const authority = match[2];
  const host = hostOf(authority);
  if (host === undefined) return malformed('the authority of the target is not a host');
  const declared = head.valueOf(Field.host);
  if (declared !== undefined && !sameAuthority(declared, authority, match[1] === '' ? 80 : 443)) {
    return malformed('the authority of the target differs from Host');
  }
  const pathStart = head.targetStart + match[0].length;
  if (pathStart === head.targetEnd) {
    // RFC 9112 §3.2.4: without a path, OPTIONS asks about the server as a whole.
    return { head, path: head.method === 'OPTIONS' ? '*' : '/', query: '', host };
  }
  if (head.text.charCodeAt(pathStart) === 63) {
    return { head, path: '/', query: head.text.slice(pathStart + 1, head.targetEnd), host };
  }
  return originForm(head, pathStart, host);
}

function malformed(reason: string): Refusal {
  return { code: 'MALFORMED_REQUEST', reason };
}
