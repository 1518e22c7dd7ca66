import { ApiError, UnreachableError } from './client-error.ts';
import { readEvents } from './read-events.ts';
import type { ReceivedEvent } from './read-events.ts';

export interface StreamConnection {
  /** Connects. Rejects with an ApiError or an UnreachableError. */
  readonly open: (lastEventId: number | undefined, signal: AbortSignal) => Promise<Response>;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Milliseconds; the server sends a heartbeat every 15 s. */
const longestSilence = 45_000;
const firstDelay = 250;
const longestDelay = 5000;

/** How a stream is read. */
export interface StreamSettings {
  /** Ends the stream without an error. */
  readonly signal: AbortSignal;
  /** The number of the last event that was received; undefined for none. */
  readonly last?: () => number | undefined;
}

/**
 * The events of a stream, without an end: when the connection breaks it reconnects, and continues after the last event. Rejects
 * when the first connection fails, or with an ApiError.
 */
export async function* eventStream(
  { open, pause }: StreamConnection,
  { signal, last = () => undefined }: StreamSettings,
): AsyncGenerator<ReceivedEvent, void> {
  let [delay, isFirst] = [firstDelay, true];
  while (!signal.aborted) {
    const connection = new AbortController();
    const ended = AbortSignal.any([signal, connection.signal]);
    try {
      const response = await open(last(), ended);
      isFirst = false;
      for await (const received of eventsOf(response, { pause, ended })) {
        if (signal.aborted) return;
        delay = firstDelay;
        yield received;
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
  { pause, ended }: { readonly pause: StreamConnection['pause']; readonly ended: AbortSignal },
): AsyncGenerator<ReceivedEvent, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    yield* readEvents(async () => {
      const silence = new AbortController();
      const isSilent = pause(longestSilence, AbortSignal.any([ended, silence.signal]));
      return (await Promise.race([reader.read(), isSilent]).finally(() => silence.abort())) ?? { done: true };
    });
  } finally {
    // It may have broken before, which is no news.
    reader.cancel().catch(() => {});
  }
}

/** Whether a new connection may succeed. A broken stream is a TypeError of `fetch`. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.status >= 500 || error.status === 429;
  return error instanceof UnreachableError || error instanceof TypeError;
}
