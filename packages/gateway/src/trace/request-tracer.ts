/**
 * The spans of requests, by the semantic conventions of OpenTelemetry for HTTP
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/) and with attributes of our own, which begin with `sluice.`.
 * It is loaded only where tracing is on.
 */
import { encodeAttributes, spanKinds, statusCodes } from '@sluice/service/otlp';
import type { Span, SpanStatus } from '@sluice/service/otlp';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import type { ExchangeTrace, TracedBackend, TraceStep } from './exchange-trace.ts';
import { SpanTexts } from './span-texts.ts';
import type { ShownTarget } from './span-texts.ts';
import { hasFailed } from './traced-exchange.ts';
import type { TracedExchange, TracedRoute } from './traced-exchange.ts';
import { Tracer } from './tracer.ts';
import type { TracerOptions } from './tracer.ts';

/** What a request tracer needs. */
export interface RequestTracerOptions extends TracerOptions {
  /** Takes a finished span. */
  readonly add: (span: Span) => void;
  readonly redaction: EntryRedaction;
}

/** What is known of a span, whatever it is about. */
type SpanFrame = Pick<Span, 'traceId' | 'traceState' | 'flags' | 'parentId' | 'start' | 'end'>;

/** How an attempt ended. */
type Outcome = Pick<TraceStep, 'status' | 'error'>;

const failed: SpanStatus = { code: statusCodes.error };

/** Follows the requests of one worker, and writes the spans of those that are kept. */
export class RequestTracer extends Tracer {
  readonly #add: RequestTracerOptions['add'];
  readonly #texts: SpanTexts;
  /** What spans of a route or a backend always say, as it is sent. */
  readonly #ofRoutes = new WeakMap<TracedRoute, Uint8Array>();
  readonly #ofBackends = new WeakMap<TracedBackend, Uint8Array>();

  constructor(options: RequestTracerOptions) {
    super(options);
    this.#add = options.add;
    this.#texts = new SpanTexts(options.redaction);
  }

  /** The exchange has ended. */
  end(exchange: TracedExchange, trace: ExchangeTrace): void {
    if (exchange.keptTraceId !== undefined) this.#addSpans(exchange, trace, performance.now());
    this.forget(trace);
  }

  #addSpans(exchange: TracedExchange, trace: ExchangeTrace, end: number): void {
    const { traceId, state, sampled } = trace;
    const common = { traceId, traceState: state === '' ? undefined : state, flags: sampled ? 1 : 0 };
    const offset = wallClockOffset(end);
    const target = this.#texts.target(exchange);
    const parentId = trace.parentId === '' ? undefined : trace.parentId;
    const whole = { ...common, parentId, start: exchange.arrivedAt + offset, end: end + offset };
    this.#addServerSpan(exchange, { spanId: trace.spanId, target }, whole);
    let attempts = 0;
    for (let index = 0; index < trace.count; index++) {
      const step = trace.steps[index];
      const isOpen = Number.isNaN(step.end);
      const frame = {
        ...common,
        parentId: trace.spanId,
        start: step.start + offset,
        end: (isOpen ? end : step.end) + offset,
      };
      if (step.backend === undefined) this.#addWait(step, frame);
      else {
        const outcome = isOpen ? lastOutcome(exchange) : step;
        const attempt = { step, backend: step.backend, outcome, resends: attempts++, target };
        this.#addClientSpan(exchange, attempt, frame);
      }
    }
  }

  #addServerSpan(
    exchange: TracedExchange,
    { spanId, target }: { readonly spanId: string; readonly target: ShownTarget },
    frame: SpanFrame,
  ): void {
    const { route, status, errorCode, identity, head } = exchange;
    const texts = this.#texts;
    const isError = hasFailed(exchange);
    this.#add({
      ...frame,
      spanId,
      isParentRemote: frame.parentId !== undefined,
      kind: spanKinds.server,
      name: route === undefined ? texts.method(exchange) : `${texts.method(exchange)} ${route.pathPattern}`,
      attributes: {
        ...texts.methodAttributes(exchange),
        'url.scheme': exchange.scheme,
        'url.path': target.path,
        'url.query': target.query === '' ? undefined : target.query,
        'http.response.status_code': status,
        'error.type': isError ? (errorCode ?? String(status)) : undefined,
        'server.address': exchange.host === '' ? undefined : exchange.host,
        'server.port': exchange.host === '' ? undefined : portOf(exchange.authority, exchange.scheme),
        'client.address': exchange.clientAddress,
        'network.protocol.version': head.minorVersion === 0 ? '1.0' : '1.1',
        'user_agent.original': texts.header(head, 'user-agent'),
        'sluice.request_id': exchange.requestId,
        'sluice.revision': exchange.generation.revision,
        'sluice.version': route?.version?.name,
        'sluice.deployment': route?.version?.deploymentId,
        'sluice.backend': exchange.backend?.name,
        'sluice.tier': identity?.tier,
        'sluice.error': errorCode,
      },
      encodedAttributes: route === undefined ? undefined : this.#attributesOf(route),
      status: isError ? failed : undefined,
    });
  }

  #addClientSpan(
    exchange: TracedExchange,
    { step, backend, outcome: { status, error }, resends, target }: TracedAttempt,
    frame: SpanFrame,
  ): void {
    const texts = this.#texts;
    const isError = status >= 400 || error !== '';
    this.#add({
      ...frame,
      spanId: step.spanId,
      kind: spanKinds.client,
      name: texts.method(exchange),
      attributes: {
        ...texts.methodAttributes(exchange),
        'url.full': `${backend.origin}${backend.basePath}${target.forBackend}`,
        'http.response.status_code': status === 0 ? undefined : status,
        'error.type': isError ? (error === '' ? String(status) : error) : undefined,
        'http.request.resend_count': resends === 0 ? undefined : resends,
      },
      encodedAttributes: this.#attributesOfBackend(backend),
      status: isError ? failed : undefined,
    });
  }

  #addWait({ name, status, error }: TraceStep, frame: SpanFrame): void {
    this.#add({
      ...frame,
      spanId: this.ids.span(),
      kind: spanKinds.internal,
      name,
      attributes: {
        'sluice.answer': status === 0 ? undefined : status,
        'error.type': error === '' ? undefined : error,
      },
      // To refuse a request is no failure of a policy.
      status: status >= 500 ? failed : undefined,
    });
  }

  #attributesOf(route: TracedRoute): Uint8Array {
    let encoded = this.#ofRoutes.get(route);
    if (encoded === undefined) {
      encoded = encodeAttributes({ 'http.route': route.pathPattern, 'sluice.route': route.name });
      this.#ofRoutes.set(route, encoded);
    }
    return encoded;
  }

  #attributesOfBackend(backend: TracedBackend): Uint8Array {
    let encoded = this.#ofBackends.get(backend);
    if (encoded === undefined) {
      const { hostname, protocol, host } = new URL(backend.origin);
      encoded = encodeAttributes({
        'server.address': withoutBrackets(hostname),
        'server.port': portOf(host, protocol === 'https:' ? 'https' : 'http'),
        'network.protocol.version': '1.1',
        'sluice.backend': backend.name,
      });
      this.#ofBackends.set(backend, encoded);
    }
    return encoded;
  }
}

/** An attempt whose backend is known. */
interface TracedAttempt {
  readonly step: TraceStep;
  readonly backend: TracedBackend;
  readonly outcome: Outcome;
  /** How many attempts came before it. */
  readonly resends: number;
  readonly target: ShownTarget;
}

/** How the attempt ended that the client got the answer of, or that was given up. */
function lastOutcome(exchange: TracedExchange): Outcome {
  const { status, errorCode, ownAnswer, responding } = exchange;
  const isPassedOn = responding && !ownAnswer;
  return { status: isPassedOn ? status : 0, error: errorCode ?? '' };
}

/** What the monotonic clock lacks to the time of day, unless the latter was set meanwhile. */
function wallClockOffset(now: number): number {
  const drift = Date.now() - performance.timeOrigin - now;
  return performance.timeOrigin + (Math.abs(drift) > mostDriftMs ? drift : 0);
}

/** `Date.now()` has no fractions, so it always differs by up to a millisecond. */
const mostDriftMs = 2;

function portOf(authority: string, scheme: 'http' | 'https'): number {
  const port = /:(\d+)$/.exec(authority);
  return port === null ? (scheme === 'https' ? 443 : 80) : Number(port[1]);
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
