import type { DeploymentEventResource, DeploymentMetrics, DeploymentNews, DeploymentResource } from '@sluice/model/api';
import { eventStream } from './event-stream.ts';
import type { StreamConnection } from './event-stream.ts';
import type { ReceivedEvent } from './read-events.ts';

export interface WatchOptions {
  /** Ends the watch without an error. */
  readonly signal?: AbortSignal;
  /** The sequence of the last known event; all events are yielded when it is left out. */
  readonly after?: number;
}

/**
 * Follows a deployment until it has ended. When the connection breaks it reconnects, and continues after the last event. Rejects
 * when the first connection fails, or with an ApiError.
 */
export async function* watchDeployment(
  connection: StreamConnection,
  { signal = new AbortController().signal, after }: WatchOptions,
): AsyncGenerator<DeploymentNews, void> {
  let last = after;
  for await (const received of eventStream(connection, { signal, last: () => last })) {
    const news = newsOf(received);
    if (news.type === 'event') last = news.event.sequence;
    yield news;
    if (news.type === 'end') return;
  }
}

function newsOf({ event, data }: ReceivedEvent): DeploymentNews {
  const value: unknown = JSON.parse(data);
  switch (event) {
    case 'deployment':
      return { type: event, deployment: value as DeploymentResource };
    case 'metrics':
      return { type: event, metrics: value as DeploymentMetrics };
    case 'end':
      return { type: event, end: value as Extract<DeploymentNews, { type: 'end' }>['end'] };
    default:
      return { type: 'event', event: value as DeploymentEventResource };
  }
}
