import { apiBase } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';

/** The request of any operation, without its types. */
export interface AnyRequest {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: number;
  readonly idempotencyKey?: string;
  readonly lastEventId?: number | undefined;
  readonly signal?: AbortSignal;
}

/** The URL of a request. */
export function addressOf(server: string, { path }: Operation, { params = {}, query = {} }: AnyRequest): URL {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  // Behind a proxy the server may have a path prefix.
  const url = new URL(server.replace(/\/+$/, '') + apiBase + filled);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** The settings of a request for `fetch`. */
export function settingsOf({ method, answer }: Operation, request: AnyRequest, token: string | undefined): RequestInit {
  const { body, ifMatch, idempotencyKey, lastEventId, signal } = request;
  return {
    method,
    headers: {
      accept: answer.isEventStream === true ? 'text/event-stream' : 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    // A redirect would send the token somewhere else.
    redirect: 'error',
  };
}
