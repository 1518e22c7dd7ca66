import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { copyHead } from './copy-head.ts';
import type { HeaderEdits } from './header-edits.ts';

/** What of a request reaches the backend. */
export interface RequestHeadParts {
  readonly head: Head;
  /** The whole request line, or undefined when the one received can stay. */
  readonly requestLine: string | undefined;
  /** Bit mask over `Field`: classes of fields to leave out. */
  readonly drop: number;
  readonly edits: HeaderEdits | undefined;
  /** Fields to add, each ending in CR LF. */
  readonly added: string;
}

/**
 * Hop-by-hop fields (RFC 9110 §7.6.1), fields that only the gateway may set, and what clients claim about where a request
 * came from: never passed on as received. For a trusted peer the claims are written anew (`forwarded-fields.ts`).
 */
export const ALWAYS_DROPPED =
  (1 << Field.connection) |
  (1 << Field.keepAlive) |
  (1 << Field.proxyConnection) |
  (1 << Field.te) |
  (1 << Field.upgrade) |
  (1 << Field.proxyAuthorization) |
  (1 << Field.http2Settings) |
  (1 << Field.internal) |
  (1 << Field.forwarded) |
  (1 << Field.xForwarded) |
  (1 << Field.xRealIp) |
  (1 << Field.xRequestId);

/** Writes the head for the backend: the received text with pieces left out and fields added, in the received order. */
export function writeRequestHead({ head, requestLine, drop, edits, added }: RequestHeadParts): string {
  return copyHead({ head, startLine: requestLine, drop, edits, added, keepsNominated });
}

/** Whether the client takes trailers: the one thing in `TE` that is passed on, since all else is about this hop. */
export function takesTrailers(head: Head): boolean {
  if (!head.has(Field.te) || head.minorVersion === 0) return false;
  const codings = head.combined('te') as string;
  return codings.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}

/**
 * Fields that `Connection` cannot nominate away, whatever the client says: what backends base trust or framing on.
 * (CVE-2024-45410 is a proxy that let clients remove X-Forwarded-For in this way.)
 */
const PROTECTED =
  /^(authorization|cookie|origin|host|date|content-.*|x-forwarded-.*|x-real-ip|x-request-id|x-api-key|forwarded|via|traceparent|tracestate|expect|transfer-encoding|sec-.*)$/;

function keepsNominated(_index: number, name: string): boolean {
  return PROTECTED.test(name);
}
