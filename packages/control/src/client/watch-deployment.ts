import type { DeploymentEventResource, DeploymentMetrics, DeploymentNews, DeploymentResource } from '@sluice/model/api';
import { ApiError, UnreachableError } from './client-error.ts';
import { readEvents } from './read-events.ts';
import type { ReceivedEvent } from './read-events.ts';

export interface WatchOptions {
  /** Ends the watch without an error. */
  readonly signal?: AbortSignal;
  /** The sequence of the last known event; all events are yielded when it is left out. */
  readonly after?: number;
}

export interface WatchConnection {
  /** Connects. Rejects with an ApiError or an UnreachableError. */
  readonly open: (lastEventId: number | undefined, signal: AbortSignal) => Promise<Response>;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Milliseconds; the server sends a heartbeat every 15 s. */
const longestSilence = 45_000;
const firstDelay = 250;
const longestDelay = 5000;

/**
 * Follows a deployment until it has ended. When the connection breaks it reconnects, and continues after the last event. Rejects
 * when the first connection fails, or with an ApiError.
 */
export async function* watchDeployment(
  { open, pause }: WatchConnection,
  { signal = new AbortController().signal, after }: WatchOptions,
): AsyncGenerator<DeploymentNews, void> {
  let [last, delay, isFirst] = [after, firstDelay, true];
  while (!signal.aborted) {
    const connection = new AbortController();
    const ended = AbortSignal.any([signal, connection.signal]);
    try {
      const response = await open(last, ended);
      isFirst = false;
      for await (const received of eventsOf(response, { pause, ended })) {
        if (signal.aborted) return;
        const news = newsOf(received);
        delay = firstDelay;
        if (news.type === 'event') last = news.event.sequence;
        yield news;
        if (news.type === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFirst || !isPassing(error)) throw error;
      if (error instanceof ApiError && error.retryAfter !== undefined) delay = Math.max(delay, error.retryAfter * 1000);
    } finally {
      // The server need not send any more.
      connection.abort();
    }
    await pause(delay, signal);
    delay = Math.min(delay * 2, longestDelay);
  }
}

async function* eventsOf(
  response: Response,
  { pause, ended }: { readonly pause: WatchConnection['pause']; readonly ended: AbortSignal },
): AsyncGenerator<ReceivedEvent, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  yield* readEvents(async () => {
    const silence = new AbortController();
    const isSilent = pause(longestSilence, AbortSignal.any([ended, silence.signal]));
    return (await Promise.race([reader.read(), isSilent]).finally(() => silence.abort())) ?? { done: true };
  });
}

/** Whether a new connection may succeed. A broken stream is a TypeError of `fetch`. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.status >= 500 || error.status === 429;
  return error instanceof UnreachableError || error instanceof TypeError;
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
