import { defaultReadTimeoutMs } from '../compile/compile-version.ts';
import type { BodyTracker } from '../http1/body-tracker.ts';
import type { Exchange } from './exchange.ts';

/**
 * How long a response may pause after its head, in milliseconds. A response with a length is expected to come at once. One
 * without a length may be a stream (ndjson, multipart, a watch) that is silent for minutes, unless the `readTimeout` of the
 * backend is shorter than the default.
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
