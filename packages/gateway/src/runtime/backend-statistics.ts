import type { BackendStatistics, NodeBreaker } from '@sluice/model';
import type { BackendSlots, RoutePlan } from '../compile/plan.ts';
import { readTelemetry } from '../state/index.ts';
import type { NodeMemory, NodeState, TelemetrySnapshot } from '../state/index.ts';
import { backendsOf } from './route-views.ts';

interface BackendSources {
  readonly memory: NodeMemory;
  readonly state: NodeState;
  /** When a target was last checked, in milliseconds since 1970. */
  readonly checkedAt: (target: number) => number | undefined;
}

/** Between two readings, the thread does other things for so many times as long as the first one took. */
const restFactor = 50;

/** Reads what the node counted on backends. */
export class BackendStatisticsReader {
  readonly #sources: BackendSources;
  #notBefore = 0;

  constructor(sources: BackendSources) {
    this.#sources = sources;
  }

  /**
   * The statistics of the backends that were used or checked, those of candidates too. Nothing when the reading before was a moment
   * ago: with a hundred thousand backends a reading takes a while, in the thread that checks their health.
   */
  read(routes: Iterable<RoutePlan>): BackendStatistics[] {
    const began = performance.now();
    if (began < this.#notBefore) return [];
    const telemetry = readTelemetry(this.#sources.memory);
    const all = new Map<string, BackendStatistics>();
    for (const route of routes) {
      for (const { backend, places } of backendsOf(route)) {
        const read = this.#read(backend.backendId, places, telemetry);
        if (read.requests === 0 && read.checkedAt === undefined) continue;
        all.set(read.backendId, plus(read, all.get(read.backendId)));
      }
    }
    const ended = performance.now();
    this.#notBefore = ended + (ended - began) * restFactor;
    return [...all.values()];
  }

  #read(backendId: string, { target, backend: slot }: BackendSlots, telemetry: TelemetrySnapshot): BackendStatistics {
    const { state, checkedAt } = this.#sources;
    let [requests, failures] = [0, 0];
    for (const { status, count } of telemetry.requestsOfBackend(slot)) {
      requests += count;
      if (status >= 500) failures += count;
    }
    const at = checkedAt(target);
    return {
      backendId,
      requests,
      failures,
      activeRequests: state.targets.count(target),
      ...(at !== undefined && { checkedAt: new Date(at).toISOString() }),
    };
  }
}

/** A backend that several routes share has counts in each. What is active at its address is the same for all of them. */
function plus(one: BackendStatistics, other: BackendStatistics | undefined): BackendStatistics {
  if (other === undefined) return one;
  return { ...one, requests: one.requests + other.requests, failures: one.failures + other.failures };
}

/** The circuit breakers that are not closed. */
export function* trippedBreakers(
  routes: Iterable<RoutePlan>,
  { state, now }: { readonly state: NodeState; readonly now: number },
): Generator<NodeBreaker> {
  for (const { config, places } of routes) {
    if (config.circuitBreaker === undefined) continue;
    for (let index = 0; index < places.length; index++) {
      const { backend: slot } = places[index];
      const breaker = state.breakers.state(slot, now);
      if (breaker === 'closed') continue;
      const ids = { routeId: config.routeId, backendId: config.backends[index].backendId };
      if (breaker === 'half-open') yield { ...ids, state: 'HalfOpen' };
      else {
        const left = Math.round(state.breakers.deadline(slot) - now);
        yield { ...ids, state: 'Open', until: new Date(Date.now() + left).toISOString() };
      }
    }
  }
}
