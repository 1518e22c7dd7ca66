import { hidden } from '@sluice/service/redaction';
import type { Attributes } from '@sluice/service/otlp';
import type { Head } from '../http1/head.ts';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import type { TracedExchange } from './traced-exchange.ts';

/** Any other method is `_OTHER`: clients cannot make up names. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** The target of a request, without its secrets. */
export interface ShownTarget {
  readonly path: string;
  readonly query: string;
  /** Path and query together, after what policies rewrote. */
  readonly forBackend: string;
}

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

  /** Path and query as they were received, and as the backend got them. */
  target(exchange: TracedExchange): ShownTarget {
    const { rewrittenPath, rewrittenQuery, route } = exchange;
    const path = this.#redaction.path(exchange.path, route?.pattern);
    const query = this.#redaction.query(exchange.query);
    const pathForBackend = rewrittenPath === undefined ? path : this.#rewritten(exchange, path, rewrittenPath);
    const queryForBackend = rewrittenQuery === undefined ? query : this.#redaction.query(rewrittenQuery);
    const forBackend = queryForBackend === '' ? pathForBackend : `${pathForBackend}?${queryForBackend}`;
    return { path, query, forBackend };
  }

  /** The value of a header; undefined when the request has none of this name. */
  header(head: Head, lowerCaseName: string): string | undefined {
    const value = head.get(lowerCaseName);
    return value === undefined ? undefined : this.#redaction.header(lowerCaseName, value);
  }

  /** A path that a policy made. Where it put a secret segment of the pattern is not known. */
  #rewritten({ path, route }: TracedExchange, shownPath: string, rewrittenPath: string): string {
    const hasSecretSegment = route !== undefined && shownPath !== this.#redaction.path(path, undefined);
    return hasSecretSegment ? `/${hidden}` : this.#redaction.path(rewrittenPath, undefined);
  }
}
