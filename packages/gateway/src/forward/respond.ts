/** Steps 8 and 9 of the life of a request: the response on its way to the client, and what is counted about it. */
import { errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';
import type { ProxySettings } from '../compile/snapshot.ts';
import { Field } from '../http1/field-names.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import { joinLimit } from '../wire/wire.ts';
import type { HeaderField, PolicyAnswer, PolicyResponse } from '../policy/policy.ts';
import { errorResponse, headerOf, writeOwnResponse } from './answer.ts';
import type { OwnResponse } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { viaLine } from './forwarded-fields.ts';
import { HeaderEdits } from './header-edits.ts';
import { httpDate } from './http-date.ts';
import { responseIdleTimeout } from './response-idle-timeout.ts';
import { count, log } from './observe-exchange.ts';
import { relayBytes } from '../wire/relay-bytes.ts';
import { framingClasses, writeResponseHead } from './response-head.ts';
import { outlivesEarlyAnswer } from './unread-body.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';

/** Answers with a gateway error. */
export function answerError(
  exchange: Exchange,
  code: ErrorCode,
  headers?: readonly HeaderField[],
  details?: readonly string[],
): void {
  exchange.failed(code);
  if (code === 'BODY_TOO_LARGE') exchange.closeClient();
  const { who } = errorCodes[code];
  if (who !== 'backend' && code !== 'CLIENT_CLOSED') exchange.worker.telemetry.reject(code);
  const accept = exchange.header('accept');
  // Which timeout it was is no secret; why a connection failed might be.
  const reason = exchange.attempt?.failureReason;
  if (code === 'GATEWAY_TIMEOUT' && reason !== undefined) details ??= [reason];
  answer(exchange, errorResponse({ code, headers, details, traceId: exchange.traceId, accept }));
}

/** Answers as a policy wants it. */
export function answerWith(exchange: Exchange, verdict: PolicyAnswer): void {
  if ('error' in verdict) answerError(exchange, verdict.error, verdict.headers, verdict.details);
  else answer(exchange, verdict);
}

function answer(exchange: Exchange, response: OwnResponse): void {
  if (exchange.ended || exchange.responding) return;
  exchange.stop();
  if (!outlivesEarlyAnswer(exchange)) exchange.closeClient();
  const text = writeOwnResponse(response, {
    method: exchange.method,
    close: exchange.closesClient,
    http10: exchange.head.minorVersion === 0,
    added: fieldsOf(exchange),
    edits: responseEdits(exchange, response.status, (name) => headerOf(response, name)),
  });
  exchange.respondItself(response.status, text.length);
  exchange.client.wire.writeText(text);
  end(exchange);
}

/** Passes an interim response on, if the client can read it. */
export function passInterim(exchange: Exchange, head: Head): void {
  // RFC 9110 §15.2: no 1xx to HTTP/1.0; a 100 that the client did not ask for would only confuse it.
  if (exchange.head.minorVersion === 0) return;
  if (head.status === 100) {
    const { body } = exchange.client;
    if (!body.expectsContinue) return;
    body.continued();
  }
  const edits = head.status === 100 ? undefined : responseEdits(exchange, head.status, (name) => head.get(name));
  exchange.client.wire.writeText(writeResponseHead({ head, drop: framingClasses, edits, added: '' }));
}

/** Begins the response: its head, with `chunk[start, last)`, which came after it. Gives the head back. */
export function beginResponse(
  exchange: Exchange,
  connection: UpstreamConnection,
  head: Head,
  chunk: Buffer,
  start: number,
  last: number,
): void {
  const { client, attempt } = exchange;
  const { body } = connection;
  const unchunk = head.chunked && exchange.head.minorVersion === 0 && body.kind === 'chunked';
  const payload: Buffer[] | undefined = unchunk ? [] : undefined;
  const bodyEnd = body.advance(chunk, start, last, collector(payload, chunk));
  if (body.broken) {
    giveHead(head);
    connection.abandon();
    attempt?.leave('failed');
    return answerError(exchange, 'BAD_RESPONSE');
  }
  attempt?.leave(head.status >= 500 ? 'failed' : 'ok', head.status);
  if (bodyEnd < last) connection.spoil();
  exchange.respond(head.status);
  const text = clientHead(exchange, connection, head, unchunk);
  giveHead(head);
  const flushed =
    payload === undefined
      ? writeFirst(connection, client.wire, text, chunk, start, bodyEnd)
      : client.wire.writeText(text + Buffer.concat(payload).toString('latin1'));
  exchange.sent(text.length + bodyEnd - start);
  if (body.done) return completeResponse(exchange, connection);
  connection.setIdleTimeout(responseIdleTimeout(exchange, body.kind, text));
  if (!flushed) connection.holdBack();
}

/** Passes more of the response body on. */
export function passBody(
  exchange: Exchange,
  connection: UpstreamConnection,
  chunk: Buffer,
  start: number,
  last: number,
): void {
  const { body, wire } = connection;
  const unchunk = body.kind === 'chunked' && exchange.head.minorVersion === 0;
  const payload: Buffer[] | undefined = unchunk ? [] : undefined;
  const bodyEnd = body.advance(chunk, start, last, collector(payload, chunk));
  if (body.broken) {
    connection.abandon();
    return cutShort(exchange);
  }
  if (bodyEnd < last) connection.spoil();
  exchange.sent(bodyEnd - start);
  const flushed =
    payload === undefined
      ? relayBytes(wire, exchange.client.wire, chunk, start, bodyEnd)
      : exchange.client.wire.writeText(Buffer.concat(payload).toString('latin1'));
  if (body.done) completeResponse(exchange, connection);
  else if (!flushed) connection.holdBack();
}

/** The response has been passed on to its end. */
export function completeResponse(exchange: Exchange, connection: UpstreamConnection): void {
  connection.finish(exchange.client.wire.borrows);
  end(exchange);
}

/** The response broke off: the client must see that it is not whole, so its connection breaks too. */
export function cutShort(exchange: Exchange): void {
  exchange.closeClient();
  exchange.failed('BAD_GATEWAY');
  exchange.attempt?.leave('broke');
  exchange.client.wire.reset();
  end(exchange);
}

/** The exchange becomes a tunnel; `rest` are bytes that came with the head. */
export function becomeTunnel(exchange: Exchange, connection: UpstreamConnection, head: Head, rest: string): void {
  exchange.attempt?.leave('ok');
  exchange.respond(101);
  exchange.closeClient();
  const added = `${fieldsOf(exchange)}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
  const edits = responseEdits(exchange, 101, (name) => head.get(name));
  exchange.client.wire.writeText(writeResponseHead({ head, drop: framingClasses, edits, added }) + rest);
  connection.setIdleTimeout(0);
  exchange.client.becomeTunnel(exchange.settings.timeouts.webSocketIdle);
  count(exchange);
  exchange.detach();
}

/** Passes bytes of the backend through the tunnel. */
export function passTunnel(
  exchange: Exchange,
  connection: UpstreamConnection,
  chunk: Buffer,
  start: number,
  last: number,
): void {
  exchange.sent(last - start);
  exchange.client.tunnelUsed();
  if (!relayBytes(connection.wire, exchange.client.wire, chunk, start, last)) connection.holdBack();
}

/** Lets a client that expects it send its body; once, and only one that asked (RFC 9110 §10.1.1). */
export function sendContinue(exchange: Exchange): void {
  const { body } = exchange.client;
  if (exchange.ended || exchange.responding || !body.expectsContinue) return;
  body.continued();
  exchange.client.wire.writeText('HTTP/1.1 100 Continue\r\n\r\n');
}

/** One side of a WebSocket is gone: the other goes too, after what it was sent. */
export function finishTunnel(exchange: Exchange): void {
  exchange.attempt?.connection?.endTunnel();
  end(exchange);
}

/** Why an exchange is stopped from the outside. */
export type AbortCode =
  | 'CLIENT_CLOSED'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'MALFORMED_REQUEST'
  | 'SHARE_EXCEEDED'
  | 'GATEWAY_TIMEOUT';

/** The client went away, or something took too long: whatever runs for it stops. */
export function abort(exchange: Exchange, code: AbortCode, details?: readonly string[]): void {
  if (exchange.ended) return;
  exchange.attempt?.givenUp();
  exchange.stop();
  exchange.closeClient();
  if (code === 'CLIENT_CLOSED') exchange.abort();
  else if (exchange.responding) exchange.failed(code);
  else return answerError(exchange, code, undefined, details);
  exchange.client.wire.reset();
  end(exchange);
}

/** 9 observe, and hand the connection back to its client. */
function end(exchange: Exchange): void {
  if (exchange.ended) return;
  exchange.attempt?.settle();
  if (!exchange.isDetached) count(exchange);
  log(exchange);
  exchange.close();
  exchange.client.exchangeEnded();
}

/** Head and first body bytes in one write where possible: that is nearly every response. */
function writeFirst(
  connection: UpstreamConnection,
  sink: UpstreamConnection['wire'],
  text: string,
  chunk: Buffer,
  start: number,
  bodyEnd: number,
): boolean {
  const size = bodyEnd - start;
  if (size === 0) return sink.writeText(text);
  if (size + text.length <= joinLimit) return sink.writeText(text + chunk.toString('latin1', start, bodyEnd));
  const from = start - text.length;
  if (connection.wire.exclusive && from >= 0) {
    // perf: the new head goes in front of the body, where the old one was; the body does not move.
    chunk.write(text, from, text.length, 'latin1');
    return sink.writeBytes(chunk, from, bodyEnd);
  }
  sink.writeText(text);
  return relayBytes(connection.wire, sink, chunk, start, bodyEnd);
}

function clientHead(exchange: Exchange, connection: UpstreamConnection, head: Head, unchunk: boolean): string {
  const edits = responseEdits(exchange, head.status, (name) => head.get(name));
  const http10 = exchange.head.minorVersion === 0;
  // A body that ends with the connection ends the client's too; so does one whose chunks the client cannot read.
  if (connection.body.kind === 'until-close' || unchunk) exchange.closeClient();
  // To an upload under way, the backend's own `close` says that the rest is not wanted.
  const unwanted = !exchange.client.body.done && !head.keepAlive && head.has(Field.connection);
  if (unwanted || !outlivesEarlyAnswer(exchange)) exchange.closeClient();
  let added = fieldsOf(exchange);
  if (exchange.closesClient) added += 'Connection: close\r\n';
  else if (http10) added += 'Connection: keep-alive\r\n';
  if (head.status === 426 && head.has(Field.upgrade)) added += 'Connection: Upgrade\r\n';
  // RFC 9110 §6.6.1: whoever passes a response on dates it where its origin did not.
  if (!head.has(Field.date) && edits?.coversName('date') !== true) added += `Date: ${httpDate()}\r\n`;
  const drop = unchunk ? framingClasses : head.status === 204 ? framingClasses : 0;
  return writeResponseHead({ head, drop, edits, added });
}

function fieldsOf({ requestId, settings, versionFields }: Exchange): string {
  return ownFields(requestId, settings) + versionFields;
}

/** The fields that every response carries: that it came through us, and by which request and revision. */
export function ownFields(requestId: string, { revisionField }: ProxySettings): string {
  return `${viaLine}X-Request-Id: ${requestId}\r\n${revisionField}`;
}

/** What the policies of the route change in a response: that of a backend, an interim one, or the gateway's own. */
function responseEdits(
  exchange: Exchange,
  status: number,
  header: (lowerCaseName: string) => string | undefined,
): HeaderEdits | undefined {
  const policies = exchange.route?.responsePolicies;
  if (policies === undefined) return undefined;
  const edits = new HeaderEdits();
  const response: PolicyResponse = {
    status,
    header,
    setHeader: (name, value) => edits.set(name, value),
    removeHeader: (name) => edits.remove(name),
  };
  for (const policy of policies) policy.onResponse?.(exchange, response);
  return edits;
}

function collector(payload: Buffer[] | undefined, chunk: Buffer): ((from: number, to: number) => void) | undefined {
  return payload === undefined ? undefined : (from, to) => payload.push(chunk.subarray(from, to));
}
