/** Step 8 of the life of a request: the response of a backend on its way to the client. */
import { Field } from '../http1/field-names.ts';
import { giveHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import { relayBytes } from '../wire/relay-bytes.ts';
import { joinLimit } from '../wire/wire.ts';
import { endExchange } from './end-exchange.ts';
import type { Exchange } from './exchange.ts';
import { httpDate } from './http-date.ts';
import { answerError } from './answer.ts';
import { fieldsOf, responseEdits } from './response-fields.ts';
import { framingClasses, writeResponseHead } from './response-head.ts';
import { responseIdleTimeout } from './response-idle-timeout.ts';
import { outlivesEarlyAnswer } from './unread-body.ts';

/** Tells the client to send its body, once, and only if it asked (RFC 9110 §10.1.1). */
export function sendContinue(exchange: Exchange): void {
  const { body } = exchange.client;
  if (exchange.ended || exchange.responding || !body.expectsContinue) return;
  body.continued();
  exchange.client.wire.writeText('HTTP/1.1 100 Continue\r\n\r\n');
}

/** Passes an interim response on if the client can read it. */
export function passInterim(exchange: Exchange, head: Head): void {
  // RFC 9110 §15.2: HTTP/1.0 gets no 1xx. A client gets a 100 only if it asked for it.
  if (exchange.head.minorVersion === 0) return;
  if (head.status === 100) {
    const { body } = exchange.client;
    if (!body.expectsContinue) return;
    body.continued();
  }
  const edits = head.status === 100 ? undefined : responseEdits(exchange, head.status, (name) => head.get(name));
  exchange.client.wire.writeText(writeResponseHead({ head, drop: framingClasses, edits, added: '' }));
}

/** Begins the response with its head and `chunk[start, last)`, which came after it. Gives the head back. */
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
  exchange.awaitPeer();
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
  if (body.done) exchange.peerCame();
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
  endExchange(exchange);
}

/** The response broke off. The client's connection is reset, so that the client sees that the response is incomplete. */
export function cutShort(exchange: Exchange): void {
  exchange.closeClient();
  exchange.failed('BAD_GATEWAY');
  exchange.attempt?.leave('broke');
  exchange.client.wire.reset();
  endExchange(exchange);
}

/** Writes the head and the first body bytes, in one write if possible: nearly every response is one. */
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
    // perf: the new head is written in front of the body, where the old one was; the body does not move.
    chunk.write(text, from, text.length, 'latin1');
    return sink.writeBytes(chunk, from, bodyEnd);
  }
  sink.writeText(text);
  return relayBytes(connection.wire, sink, chunk, start, bodyEnd);
}

function clientHead(exchange: Exchange, connection: UpstreamConnection, head: Head, unchunk: boolean): string {
  const edits = responseEdits(exchange, head.status, (name) => head.get(name));
  const http10 = exchange.head.minorVersion === 0;
  // The client's connection ends with a body that ends with the connection, or whose chunks the client cannot read.
  if (connection.body.kind === 'until-close' || unchunk) exchange.closeClient();
  // During an upload, `close` from the backend means that it does not want the rest.
  const unwanted = !exchange.client.body.done && !head.keepAlive && head.has(Field.connection);
  if (unwanted || !outlivesEarlyAnswer(exchange)) exchange.closeClient();
  let added = fieldsOf(exchange);
  if (exchange.closesClient) added += 'Connection: close\r\n';
  else if (http10) added += 'Connection: keep-alive\r\n';
  if (head.status === 426 && head.has(Field.upgrade)) added += 'Connection: Upgrade\r\n';
  // RFC 9110 §6.6.1: a gateway adds the date that the origin left out.
  if (!head.has(Field.date) && edits?.coversName('date') !== true) added += `Date: ${httpDate()}\r\n`;
  const framing = unchunk || head.status === 204 ? framingClasses : 0;
  const drop = framing | (exchange.route?.dropFromResponses ?? 0);
  return writeResponseHead({ head, drop, edits, added });
}

function collector(payload: Buffer[] | undefined, chunk: Buffer): ((from: number, to: number) => void) | undefined {
  return payload === undefined ? undefined : (from, to) => payload.push(chunk.subarray(from, to));
}
