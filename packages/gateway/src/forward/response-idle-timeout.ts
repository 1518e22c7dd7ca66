import { defaultReadTimeoutMs } from '../compile/compile-version.ts';
import type { BodyTracker } from '../http1/body-tracker.ts';
import type { Exchange } from './exchange.ts';

/**
 * How long an answer whose head is there may pause, in milliseconds. Whoever sends a length has the rest at hand; what
 * comes without one may be a stream (ndjson, multipart, a watch) and quiet for minutes, unless the backend is meant to
 * be hasty: it has a `readTimeout` below the default.
 */
export function responseIdleTimeout(
  { route, backend, settings }: Exchange,
  kind: BodyTracker['kind'],
  head: string,
): number {
  if (route !== undefined && route.streamIdleMs > 0) return route.streamIdleMs;
  const { eventStreamIdle } = settings.timeouts;
  if (isEventStream(head)) return eventStreamIdle;
  const readTimeout = backend?.timeouts.readTimeout ?? 0;
  return kind === 'length' || readTimeout < defaultReadTimeoutMs ? readTimeout : Math.max(readTimeout, eventStreamIdle);
}

function isEventStream(head: string): boolean {
  return /\r\ncontent-type:[ \t]*text\/event-stream/i.test(head);
}
