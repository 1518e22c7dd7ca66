import type { TracingConfig } from '@sluice/model';
import type { Head } from '../http1/head.ts';
import { ExchangeTrace } from './exchange-trace.ts';
import type { TraceSurroundings } from './exchange-trace.ts';
import { compileTracing, ForeignSampling } from './sampling.ts';
import type { CompiledTracing } from './sampling.ts';
import { TraceIds } from './trace-ids.ts';
import { readTraceParent } from './trace-parent.ts';

/** What a tracer needs. */
export interface TracerOptions {
  readonly tracing: TracingConfig;
  readonly ids?: TraceIds;
}

/** More than these are not kept for further exchanges. */
const mostIdle = 1024;

/** Follows the traces of the requests of one worker, whether or not they are kept. */
export class Tracer {
  protected readonly ids: TraceIds;
  readonly #byDefault: CompiledTracing;
  readonly #trust: TracingConfig['trustSampling'];
  readonly #around: TraceSurroundings;
  readonly #idle: ExchangeTrace[] = [];

  constructor({ tracing, ids = new TraceIds() }: TracerOptions) {
    this.ids = ids;
    this.#byDefault = compileTracing(tracing) as CompiledTracing;
    this.#trust = tracing.trustSampling;
    this.#around = { ids, foreign: new ForeignSampling() };
  }

  /** Continues the trace that a request belongs to, or begins one. */
  begin(head: Head, peer: { readonly isTrustedProxy: boolean }): ExchangeTrace {
    const trace = this.#idle.pop() ?? new ExchangeTrace(this.#byDefault, this.#around);
    const parent = readTraceParent(head);
    if (parent === undefined) {
      trace.traceId = this.ids.trace();
      return trace;
    }
    trace.isForeign = parent.traceId !== undefined;
    trace.traceId = parent.traceId ?? this.ids.trace();
    trace.parentId = parent.spanId;
    trace.state = parent.state;
    trace.b3 = parent.b3;
    if (parent.sampled !== undefined && this.#trusts(peer)) trace.followed = parent.sampled;
    return trace;
  }

  /** The exchange does not need it any more. */
  protected forget(trace: ExchangeTrace): void {
    trace.reset(this.#byDefault);
    if (this.#idle.length < mostIdle) this.#idle.push(trace);
  }

  #trusts(peer: { readonly isTrustedProxy: boolean }): boolean {
    return this.#trust === 'everyone' || (this.#trust === 'trustedProxies' && peer.isTrustedProxy);
  }
}
