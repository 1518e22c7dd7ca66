import { writeB3 } from './b3.ts';
import type { B3Forms } from './b3.ts';
import { ownCopy } from './own-copy.ts';
import { numberOf } from './sampling.ts';
import type { CompiledTracing, ForeignSampling } from './sampling.ts';
import type { TraceIds } from './trace-ids.ts';

/** A backend, as far as traces name it. */
export interface TracedBackend {
  readonly name: string;
  /** Scheme, host and port of its address. */
  readonly origin: string;
  /** The path put before the request path. */
  readonly basePath: string;
}

/** What is noted of one step of an exchange: an attempt at a backend, or something that the exchange waited for. */
export interface TraceStep {
  /** What it waited for; empty for an attempt. */
  name: string;
  /** Of an attempt, the backend. */
  backend: TracedBackend | undefined;
  /** Of an attempt, the id of its span, which the backend was told. */
  spanId: string;
  /** On the monotonic clock, in milliseconds. The end is NaN until it is known. */
  start: number;
  end: number;
  /** The status of the response that ended the attempt; 0 if there was none. */
  status: number;
  /** Why it failed. */
  error: string;
}

/** What all traces of a worker share. */
export interface TraceSurroundings {
  readonly ids: TraceIds;
  readonly foreign: ForeignSampling;
}

/** What is not noted any more: nobody reads a trace with more steps than this. */
const mostSteps = 32;

/**
 * What is noted of one exchange, in case its trace is kept. perf: it is used again for other exchanges, and holds slices of
 * texts and numbers only; nothing is written out before it is known that the trace is kept.
 */
export class ExchangeTrace {
  traceId = '';
  /** The span of whoever sent the request; empty if that is not known. */
  parentId = '';
  state = '';
  b3: B3Forms = 0;
  /** The decision of the sender, if it is followed. */
  followed: boolean | undefined = undefined;
  /** Whether the trace began elsewhere. */
  isForeign = false;
  /** The steps so far are the first `count` of these. */
  readonly steps: TraceStep[] = [];
  count = 0;
  tracing: CompiledTracing;
  readonly #around: TraceSurroundings;
  #spanId = '';
  #sampled: boolean | undefined = undefined;

  constructor(tracing: CompiledTracing, around: TraceSurroundings) {
    this.tracing = tracing;
    this.#around = around;
  }

  /** The span of the exchange. perf: few need to know it, so it is made when it is asked for. */
  get spanId(): string {
    if (this.#spanId === '') this.#spanId = this.#around.ids.span();
    return this.#spanId;
  }

  /** Whether the trace is kept, whatever becomes of the request. It is decided once, and then by the route. */
  get sampled(): boolean {
    return (this.#sampled ??= this.followed ?? this.#isOfShare());
  }

  #isOfShare(): boolean {
    const { tracing, traceId } = this;
    if (this.isForeign) return this.#around.foreign.keeps(traceId, tracing);
    return tracing.leastKept === 0 || numberOf(traceId) >= tracing.leastKept;
  }

  /** The next attempt begins. Returns the fields for the backend, each ending in CR LF. */
  beginAttempt(backend: TracedBackend, start: number): string {
    const { traceId, state, sampled } = this;
    const spanId = this.#around.ids.span();
    const step = this.#step(this.count === 0 ? start : performance.now());
    if (step !== undefined) {
      step.backend = backend;
      step.spanId = spanId;
    }
    let fields = `traceparent: 00-${traceId}-${spanId}-${sampled ? '01' : '00'}\r\n`;
    if (state !== '') fields += `tracestate: ${state}\r\n`;
    if (this.b3 !== 0) fields += writeB3(this.b3, { traceId, spanId, parentId: this.spanId, sampled });
    return fields;
  }

  /** The exchange waits for something. */
  beginWait(name: string): void {
    const step = this.#step(performance.now());
    if (step !== undefined) step.name = name;
  }

  /** The last step is over, before the exchange is. */
  endStep(status: number, error: string): void {
    const step = this.steps[this.count - 1];
    if (step === undefined || !Number.isNaN(step.end)) return;
    step.end = performance.now();
    step.status = status;
    step.error = error;
  }

  /** A WebSocket may last for days: the ids no longer keep the text alive that they are a part of. */
  detach(): void {
    this.traceId = ownCopy(this.traceId);
    this.#spanId = ownCopy(this.#spanId);
    this.parentId = ownCopy(this.parentId);
    this.state = ownCopy(this.state);
    for (let index = 0; index < this.count; index++) this.steps[index].spanId = ownCopy(this.steps[index].spanId);
  }

  /** Forgets all of it. */
  reset(tracing: CompiledTracing): void {
    // Slices of texts keep those texts alive.
    for (let index = 0; index < this.count; index++) {
      this.steps[index].backend = undefined;
      this.steps[index].spanId = '';
    }
    this.traceId = '';
    this.#spanId = '';
    this.parentId = '';
    this.state = '';
    this.b3 = 0;
    this.followed = undefined;
    this.isForeign = false;
    this.count = 0;
    this.tracing = tracing;
    this.#sampled = undefined;
  }

  #step(start: number): TraceStep | undefined {
    if (this.count === mostSteps) return undefined;
    const step = (this.steps[this.count++] ??= emptyStep());
    step.name = '';
    step.start = start;
    step.end = NaN;
    step.status = 0;
    step.error = '';
    return step;
  }
}

function emptyStep(): TraceStep {
  return { name: '', backend: undefined, spanId: '', start: 0.5, end: 0.5, status: 0, error: '' };
}
