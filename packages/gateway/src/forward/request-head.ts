import type { CompiledBackend } from '../compile/compiled-backend.ts';
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { receivedPath } from '../http1/request.ts';
import { writeHead } from './write-head.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdits } from './header-edits.ts';
import { hopsLeft } from './max-forwards.ts';

/** The parts of a request head that the backend gets. */
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
 * Fields that are never passed on as received: hop-by-hop fields (RFC 9110 §7.6.1), fields that only the gateway may set, and
 * what clients claim about where a request came from. For a trusted peer the claims are written anew (`forwarded-fields.ts`).
 */
export const alwaysDropped =
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

/** The head of a request as a backend gets it. */
export function requestHead(exchange: Exchange, backend: CompiledBackend): string {
  const { head, client } = exchange;
  const target = exchange.route?.rawPath === true ? rawTarget(exchange) : normalTarget(exchange);
  const asReceived = head.minorVersion === 1 && backend.basePath === '' && isTarget(exchange, target);
  const keepsHost = exchange.route?.preserveHost === true && head.has(Field.host);
  let drop = alwaysDropped | exchange.settings.dropFromRequests;
  let added = `${client.peer.forwardedFields(exchange)}X-Request-Id: ${exchange.requestId}\r\n`;
  if (!keepsHost) {
    drop |= 1 << Field.host;
    added = `Host: ${backend.authority}\r\n${added}`;
  }
  if (head.minorVersion === 0) drop |= 1 << Field.expect;
  if (exchange.wantsWebSocket) added += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  else if (takesTrailers(head)) added += 'Connection: TE\r\nTE: trailers\r\n';
  if (exchange.traceFields !== undefined) {
    drop |= 1 << Field.trace;
    added += exchange.traceFields;
  }
  const hops = hopsLeft(exchange);
  if (hops !== undefined) {
    drop |= 1 << Field.maxForwards;
    added += `Max-Forwards: ${hops - 1}\r\n`;
  }
  return writeRequestHead({
    head,
    requestLine: asReceived ? undefined : `${exchange.method} ${backend.basePath}${target} HTTP/1.1\r\n`,
    drop,
    edits: exchange.edits,
    added,
  });
}

function rawTarget({ head, rewrittenQuery }: Exchange): string {
  const received = receivedPath(head);
  return rewrittenQuery === undefined ? received : withQuery(received.split('?', 1)[0], rewrittenQuery);
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function normalTarget(exchange: Exchange): string {
  const path = exchange.rewrittenPath ?? exchange.path;
  if (exchange.rewrittenQuery !== undefined) return withQuery(path, exchange.rewrittenQuery);
  return exchange.query === '' && !hasEmptyQuery(exchange) ? path : `${path}?${exchange.query}`;
}

/** Whether the request line can stay as it was received. */
function isTarget(exchange: Exchange, target: string): boolean {
  const { head } = exchange;
  return head.targetEnd - head.targetStart === target.length && head.text.startsWith(target, head.targetStart);
}

/** `/a?` keeps its question mark. */
function hasEmptyQuery({ head }: Exchange): boolean {
  return head.text.charCodeAt(head.targetEnd - 1) === 63;
}

/** Writes the head for the backend: the received text with pieces left out and fields added, in the received order. */
export function writeRequestHead({ head, requestLine, drop, edits, added }: RequestHeadParts): string {
  return writeHead({ head, startLine: requestLine, drop, edits, added, keepsNominated });
}

/** Whether the client accepts trailers. All else in `TE` is about this hop and is not passed on. */
export function takesTrailers(head: Head): boolean {
  if (!head.has(Field.te) || head.minorVersion === 0) return false;
  const codings = head.combined('te') as string;
  return codings.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}

/**
 * Fields that stay even if `Connection` nominates them: backends base trust or framing on them.
 * (CVE-2024-45410 is a proxy that let clients remove X-Forwarded-For in this way.)
 */
const protectedNames =
  /^(authorization|cookie|origin|host|date|content-.*|x-forwarded-.*|x-real-ip|x-request-id|x-api-key|forwarded|via|traceparent|tracestate|expect|transfer-encoding|sec-.*)$/;

function keepsNominated(_index: number, name: string): boolean {
  return protectedNames.test(name);
}
