import { encodeAttributes } from '@sluice/service/otlp';
import type { Attributes } from '@sluice/service/otlp';
import { portOf } from '../http1/host.ts';
import { ownCopy } from './own-copy.ts';
import type { SpanTexts } from './span-texts.ts';
import type { TracedBackend } from './exchange-trace.ts';
import type { TracedExchange, TracedRoute } from './traced-exchange.ts';

/** What the spans of a route have in common with those before, as far as that is so. */
interface Kept {
  readonly method: string;
  readonly status: number;
  readonly scheme: 'http' | 'https' | undefined;
  readonly minorVersion: number | undefined;
  readonly revision: number | undefined;
  readonly authority: string | undefined;
  readonly encoded: Uint8Array;
}

/**
 * The attributes that are nearly always those of the exchange before, as they are sent. perf: request-tracer.bench.ts; most of a span
 * is copied in one piece.
 */
export class UsualAttributes {
  readonly #texts: SpanTexts;
  readonly #ofRoutes = new WeakMap<TracedRoute, Kept>();
  readonly #ofBackends = new WeakMap<TracedBackend, Kept>();
  #withoutRoute: Kept | undefined;

  constructor(texts: SpanTexts) {
    this.#texts = texts;
  }

  /** Of the span of an exchange. */
  ofExchange(exchange: TracedExchange): Uint8Array {
    const { route, method, status, scheme, head, generation, authority } = exchange;
    const kept = route === undefined ? this.#withoutRoute : this.#ofRoutes.get(route);
    const isUsual =
      kept?.status === status &&
      kept.method === method &&
      kept.scheme === scheme &&
      kept.minorVersion === head.minorVersion &&
      kept.revision === generation.revision &&
      kept.authority === authority;
    if (isUsual) return kept.encoded;
    const encoded = encodeAttributes(this.#attributesOf(exchange));
    const { minorVersion } = head;
    const own = { method: ownCopy(method), authority: ownCopy(authority) };
    const next = { ...own, status, scheme, minorVersion, revision: generation.revision, encoded };
    if (route === undefined) this.#withoutRoute = next;
    else this.#ofRoutes.set(route, next);
    return encoded;
  }

  /** Of the span of an attempt. */
  ofAttempt(exchange: TracedExchange, backend: TracedBackend, status: number): Uint8Array {
    const { method } = exchange;
    const kept = this.#ofBackends.get(backend);
    if (kept?.status === status && kept.method === method) return kept.encoded;
    const { hostname, protocol, host } = new URL(backend.origin);
    const encoded = encodeAttributes({
      ...this.#texts.methodAttributes(exchange),
      'server.address': withoutBrackets(hostname),
      'server.port': portOf(host, protocol === 'https:' ? 443 : 80),
      'network.protocol.version': '1.1',
      'sluice.backend': backend.name,
      'http.response.status_code': status === 0 ? undefined : status,
    });
    const others = { scheme: undefined, minorVersion: undefined, revision: undefined, authority: undefined };
    this.#ofBackends.set(backend, { method: ownCopy(method), status, ...others, encoded });
    return encoded;
  }

  #attributesOf(exchange: TracedExchange): Attributes {
    const { route, host, authority, scheme, head, status, generation } = exchange;
    return {
      ...this.#texts.methodAttributes(exchange),
      'url.scheme': scheme,
      'http.response.status_code': status,
      'server.address': host === '' ? undefined : host,
      'server.port': host === '' ? undefined : portOf(authority, scheme === 'https' ? 443 : 80),
      'network.protocol.version': head.minorVersion === 0 ? '1.0' : '1.1',
      'http.route': route?.patternText,
      'sluice.route': route?.name,
      'sluice.revision': generation.revision,
      'sluice.version': route?.version?.name,
      'sluice.deployment': route?.version?.deploymentId,
    };
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
