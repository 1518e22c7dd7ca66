/** An exchange that has become a WebSocket: bytes pass in both directions until one side ends. */
import type { Head } from '../http1/head.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import { relayBytes } from '../wire/relay-bytes.ts';
import type { ExchangeTrace } from '../trace/exchange-trace.ts';
import { endExchange } from './end-exchange.ts';
import type { Exchange } from './exchange.ts';
import { count } from './observe-exchange.ts';
import { fieldsOf, responseEdits } from './response-fields.ts';
import { framingClasses, writeResponseHead } from './response-head.ts';

/** Turns the exchange into a tunnel. `rest` are the bytes that came with the head. */
export function becomeTunnel(exchange: Exchange, connection: UpstreamConnection, head: Head, rest: string): void {
  exchange.attempt?.leave('ok');
  exchange.respond(101);
  exchange.closeClient();
  const added = `${fieldsOf(exchange)}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
  const edits = responseEdits(exchange, 101, (name) => head.get(name));
  const drop = framingClasses | (exchange.route?.dropFromResponses ?? 0);
  exchange.client.wire.writeText(writeResponseHead({ head, drop, edits, added }) + rest);
  connection.setIdleTimeout(0);
  exchange.client.becomeTunnel(exchange.settings.timeouts.webSocketIdle);
  if (exchange.trace !== undefined) keepTrace(exchange, exchange.trace);
  count(exchange);
  exchange.detach();
}

function keepTrace(exchange: Exchange, trace: ExchangeTrace): void {
  trace.detach();
  exchange.traceFields = undefined;
  if (trace.sampled) exchange.keptTraceId = trace.traceId;
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

/** One side is gone. The other is closed after it has got what was sent to it. */
export function finishTunnel(exchange: Exchange): void {
  exchange.attempt?.connection?.endTunnel();
  endExchange(exchange);
}
