import type { Exchange } from './exchange.ts';
import { count, judgeTrace, log } from './observe-exchange.ts';

/** Step 9 of the life of a request: observe, and hand the connection back to its client. */
export function endExchange(exchange: Exchange): void {
  if (exchange.ended) return;
  exchange.attempt?.settle();
  if (exchange.trace !== undefined) judgeTrace(exchange, exchange.trace);
  if (!exchange.isDetached) count(exchange);
  log(exchange);
  exchange.close();
  exchange.client.exchangeEnded();
}
