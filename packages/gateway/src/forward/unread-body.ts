/** What becomes of a request body that nobody wants any more, because its answer came first (RFC 9112 §9.3 and §9.6). */
import type { Exchange } from './exchange.ts';

/** As much of an unwanted body is read and dropped, so that the connection can serve the next request. */
export const discardLimit = 1_048_576;

/**
 * Whether the connection can go on when the answer is complete before the request body is: the rest has to be short, as far
 * as it is known, and a client that was never told to send its body may not send it at all (RFC 9110 §10.1.1).
 */
export function outlivesEarlyAnswer({ head, client }: Exchange): boolean {
  return client.body.done || (head.contentLength - client.body.received <= discardLimit && !client.body.awaitsContinue);
}
