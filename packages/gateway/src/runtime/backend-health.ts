import type { UnhealthyBackend } from '@sluice/model';
import type { BackendReasons } from './backend-changes.ts';
import type { RoutePlan } from '../compile/plan.ts';
import type { BreakerState, HealthStatus, NodeState } from '../state/index.ts';

/** The health of one backend of a route. */
export interface BackendHealth {
  readonly routeName: string;
  readonly backendName: string;
  /**
   * By checks and traffic. It is `Unhealthy` also when failing traffic ejected it, and `Healthy` also when it has no check
   * and answered a request. It is `Unknown`, and used, until there is a check or a request.
   */
  readonly status: HealthStatus;
  /** Failing traffic has ejected its address for a while. */
  readonly ejected: boolean;
  /** Undefined when the route has no circuit breaker. */
  readonly breaker: BreakerState | undefined;
  /** When its ejection ends or its breaker lets requests through again: ISO 8601. */
  readonly until?: string | undefined;
  /** The failure that caused it, if this route met it. */
  readonly reason?: string | undefined;
  /** Exchanges in flight at its address, of all routes. */
  readonly activeRequests: number;
}

/** Where the health of backends is kept, and the time on the node's clock, in milliseconds. */
export interface HealthView {
  readonly state: NodeState;
  readonly now: number;
  reasons(route: string, backend: string): BackendReasons;
}

/** The health of the backends of all routes. */
export function* backendHealth(routes: Iterable<RoutePlan>, view: HealthView): Generator<BackendHealth> {
  for (const route of routes) {
    for (let index = 0; index < route.places.length; index++) yield healthOf(route, index, view);
  }
}

/** The backends that get no requests. Nothing is allocated for the others, of which there may be very many. */
export function* unhealthyBackends(routes: Iterable<RoutePlan>, view: HealthView): Generator<UnhealthyBackend> {
  const { state, now } = view;
  for (const route of routes) {
    for (let index = 0; index < route.places.length; index++) {
      const { target, backend } = route.places[index];
      const isOpen = route.config.circuitBreaker !== undefined && state.breakers.state(backend, now) === 'open';
      if (!isOpen && state.health.usable(target) && !state.ejection.isEjected(target, now)) continue;
      const { status, until, reason } = healthOf(route, index, view);
      const { backendId } = route.config.backends[index];
      // An ejected backend gets no requests either.
      yield { backendId, status: status === 'Draining' ? status : 'Unhealthy', until, reason };
    }
  }
}

function healthOf({ config, places }: RoutePlan, index: number, view: HealthView): BackendHealth {
  const { state, now } = view;
  const { name, healthCheck } = config.backends[index];
  const { target, backend } = places[index];
  const ejected = state.ejection.isEjected(target, now);
  const breaker = config.circuitBreaker === undefined ? undefined : state.breakers.state(backend, now);
  const reasons = view.reasons(config.name, name);
  return {
    routeName: config.name,
    backendName: name,
    status: statusOf(state, target, { ejected, isChecked: healthCheck !== undefined }),
    ejected,
    breaker,
    activeRequests: state.targets.count(target),
    ...(ejected && { until: timeOfDay(state.ejection.until(target), now), reason: reasons.ejected }),
    ...(breaker === 'open' && { until: timeOfDay(state.breakers.deadline(backend), now), reason: reasons.open }),
  };
}

function timeOfDay(deadline: number, now: number): string {
  return new Date(Date.now() + Math.round(deadline - now)).toISOString();
}

function statusOf(
  state: NodeState,
  slot: number,
  { ejected, isChecked }: { ejected: boolean; isChecked: boolean },
): HealthStatus {
  const verdict = state.health.get(slot);
  if (verdict === 'Draining') return verdict;
  if (ejected || state.health.isFaulty(slot)) return 'Unhealthy';
  if (verdict !== 'Unknown' || isChecked) return verdict;
  // Only a backend that has answered has a latency.
  return state.latency.get(slot) > 0 ? 'Healthy' : 'Unknown';
}
