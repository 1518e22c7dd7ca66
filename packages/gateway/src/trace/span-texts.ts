import { hidden } from '@sluice/service/redaction';
import type { Attributes } from '@sluice/service/otlp';
import type { Head } from '../http1/head.ts';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import type { TracedExchange } from './traced-exchange.ts';

/** Any other method is `_OTHER`: clients cannot make up names. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** What spans say of a request, without its secrets. */
export class SpanTexts {
  readonly #redaction: EntryRedaction;

  constructor(redaction: EntryRedaction) {
    this.#redaction = redaction;
  }

  /** The method as the name of a span. */
  method({ method }: TracedExchange): string {
    return knownMethods.has(method) ? method : 'HTTP';
  }

  methodAttributes({ method }: TracedExchange): Attributes {
    if (knownMethods.has(method)) return { 'http.request.method': method };
    return { 'http.request.method': '_OTHER', 'http.request.method_original': method };
  }

  path({ path, route }: TracedExchange): string {
    return this.#redaction.path(path, route?.pattern);
  }

  query(query: string): string {
    return this.#redaction.query(query);
  }

  /** The value of a header; undefined when the request has none of this name. */
  header(head: Head, lowerCaseName: string): string | undefined {
    const value = head.get(lowerCaseName);
    return value === undefined ? undefined : this.#redaction.header(lowerCaseName, value);
  }

  /** Path and query as the backend got them. */
  target(exchange: TracedExchange): string {
    const query = exchange.rewrittenQuery ?? exchange.query;
    const path = this.#pathForBackend(exchange);
    return query === '' ? path : `${path}?${this.query(query)}`;
  }

  #pathForBackend(exchange: TracedExchange): string {
    const { path, rewrittenPath } = exchange;
    if (rewrittenPath === undefined) return this.path(exchange);
    // Where a secret segment of the pattern went is not known.
    const hasSecretSegment = this.path(exchange) !== this.#redaction.path(path, undefined);
    return hasSecretSegment ? `/${hidden}` : this.#redaction.path(rewrittenPath, undefined);
  }
}
