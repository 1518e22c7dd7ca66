import { randomBytes } from 'node:crypto';

/** The trace id of a request: the one in `traceparent` (W3C Trace Context, section 3.2) if that is valid, or else a random one. */
export function traceIdOf(headers: Headers): string {
  const parent = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/.exec(
    headers.get('traceparent') ?? '',
  );
  const traceId = parent?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? randomBytes(16).toString('hex') : traceId;
}
