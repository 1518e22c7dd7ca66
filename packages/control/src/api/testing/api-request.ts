import type { DocumentedOperation } from './documented-operations.ts';
import type { WireRequest } from './wire.ts';

/** A request before it is encoded. The body is text, so that it can be wrong in every way. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The request as it goes over the wire. */
export function encodeRequest({ method, path }: DocumentedOperation, request: ApiRequest): WireRequest {
  const { params, query, headers, body } = request;
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = query.map((pair) => pair.map((text) => encodeURIComponent(text.toWellFormed())).join('=')).join('&');
  const all = { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) };
  return { method, target: search === '' ? place : `${place}?${search}`, headers: all, body };
}
