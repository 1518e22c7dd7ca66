import type { FollowedRequest } from '@sluice/model';
import { eventStream } from './event-stream.ts';
import type { StreamConnection } from './event-stream.ts';

/** What somebody who follows requests is told, in the order in which it is told. */
export type RequestNews =
  /** The connection is there: what ends from now on is told of. It comes again after a lost connection. */
  | { readonly type: 'following' }
  | { readonly type: 'request'; readonly request: FollowedRequest }
  /** So many requests were too many to tell of. */
  | { readonly type: 'dropped'; readonly count: number };

/** Follows requests until the signal is aborted, over lost connections, during which requests are missed. */
export async function* followRequests(
  connection: StreamConnection,
  signal: AbortSignal,
): AsyncGenerator<RequestNews, void> {
  for await (const { event, data } of eventStream(connection, { signal })) {
    if (event === 'following') yield { type: event };
    if (event === 'request') yield { type: event, request: JSON.parse(data) as FollowedRequest };
    if (event === 'dropped') yield { type: event, count: (JSON.parse(data) as { count: number }).count };
  }
}
