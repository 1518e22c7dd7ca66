import type { RouteConfig, TracingConfig } from '@sluice/model';
import { ShareBudget } from '../state/index.ts';

/** Which requests are kept, in the form in which the data plane reads it. */
export interface CompiledTracing {
  /** The number of a trace is at least this if its share is kept: 0 keeps all, 2 ** 32 none. */
  readonly leastKept: number;
  readonly sampleRate: number;
  readonly keepsErrors: boolean;
  /** A request that takes longer is kept; Infinity = none is for that. */
  readonly slowerThanMs: number;
}

/** How many numbers there are: 32 bits. */
const numbers = 2 ** 32;

/** Compiles tracing for a route, or for requests that no route takes; undefined if nothing is traced. */
export function compileTracing(
  tracing: TracingConfig | undefined,
  route?: RouteConfig['tracing'],
): CompiledTracing | undefined {
  if (tracing === undefined || route?.isEnabled === false) return undefined;
  const sampleRate = route?.sampleRate ?? tracing.sampleRate;
  return {
    leastKept: Math.round((1 - sampleRate) * numbers),
    sampleRate,
    keepsErrors: route?.alwaysSampleErrors ?? tracing.alwaysSampleErrors,
    slowerThanMs: route?.slowerThan ?? tracing.slowerThan ?? Infinity,
  };
}

/**
 * The number by which a trace is kept or not. It comes from bytes that are random by W3C Trace Context Level 2, and from the
 * upper ones of those by which OpenTelemetry samples, so whoever else goes by the same share keeps the same traces.
 */
export function numberOf(traceId: string): number {
  let number = 0;
  // perf: `parseInt` of a slice takes several times as long.
  for (let at = 18; at < 26; at++) {
    const code = traceId.charCodeAt(at);
    number = number * 16 + (code <= 0x39 ? code - 0x30 : code - 0x57);
  }
  return number;
}

/** How many traces of clients may be kept in a row beyond the share. */
const reserve = 100;

/**
 * Decides by the share about traces whose ids were chosen by others. Somebody may choose ids that are all kept, so no more
 * than twice the share of such traces is.
 */
export class ForeignSampling {
  readonly #budget = new ShareBudget(reserve);

  keeps(traceId: string, { leastKept, sampleRate }: CompiledTracing): boolean {
    this.#budget.earn(2 * sampleRate);
    return numberOf(traceId) >= leastKept && this.#budget.spend();
  }
}
