/**
 * The spans of requests, by the semantic conventions of OpenTelemetry for HTTP
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/) and with attributes of our own, which begin with `sluice.`.
 * It is loaded only where tracing is on.
 */
import { spanKinds, statusCodes } from '@sluice/service/otlp';
import type { Span, SpanStatus } from '@sluice/service/otlp';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import type { ExchangeTrace, TracedBackend, TraceStep } from './exchange-trace.ts';
import { SpanTexts } from './span-texts.ts';
import type { ShownTarget } from './span-texts.ts';
import { hasFailed } from './traced-exchange.ts';
import type { TracedExchange } from './traced-exchange.ts';
import { Tracer } from './tracer.ts';
import type { TracerOptions } from './tracer.ts';
import { UsualAttributes } from './usual-attributes.ts';

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
  readonly #usual: UsualAttributes;

  constructor(options: RequestTracerOptions) {
    super(options);
    this.#add = options.add;
    this.#texts = new SpanTexts(options.redaction);
    this.#usual = new UsualAttributes(this.#texts);
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
      name: route === undefined ? texts.method(exchange) : `${texts.method(exchange)} ${route.patternText}`,
      attributes: {
        'url.path': target.path,
        'url.query': target.query === '' ? undefined : target.query,
        'error.type': isError ? (errorCode ?? String(status)) : undefined,
        'client.address': exchange.clientAddress,
        'user_agent.original': texts.header(head, 'user-agent'),
        'sluice.request_id': exchange.requestId,
        'sluice.backend': exchange.backend?.name,
        'sluice.tier': identity?.tier,
        'sluice.error': errorCode,
      },
      encodedAttributes: this.#usual.ofExchange(exchange),
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
        'url.full': `${backend.origin}${backend.basePath}${target.forBackend}`,
        'error.type': isError ? (error === '' ? String(status) : error) : undefined,
        'http.request.resend_count': resends === 0 ? undefined : resends,
      },
      encodedAttributes: this.#usual.ofAttempt(exchange, backend, status),
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
