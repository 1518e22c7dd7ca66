/** What happens to the rest of a request body when the answer came first (RFC 9112 §9.3 and §9.6). */
import type { Exchange } from './exchange.ts';

/** How much of an unwanted body is read and dropped, so that the connection can serve the next request. */
export const discardLimit = 1_048_576;

/**
 * Whether the connection can go on although the answer comes before the end of the request body. The rest has to be short,
 * if its length is known. A client that was not told to send its body may never send it (RFC 9110 §10.1.1).
 */
export function outlivesEarlyAnswer({ head, client }: Exchange): boolean {
  return client.body.done || (head.contentLength - client.body.received <= discardLimit && !client.body.awaitsContinue);
}
