import type { UnhealthyBackend } from '@sluice/model';
import type { BackendReasons } from './backend-changes.ts';
import type { RoutePlan } from '../compile/plan.ts';
import type { BreakerState, HealthStatus, NodeState } from '../state/index.ts';

/** How one backend of a route is. */
export interface BackendHealth {
  readonly routeName: string;
  readonly backendName: string;
  /**
   * What checks and traffic say: `Unhealthy` also when failing traffic has put it aside, `Healthy` also when no check is
   * configured and it answered. `Unknown` when neither has said anything yet; it is used then.
   */
  readonly status: HealthStatus;
  /** Failing traffic has put its address aside for a while. */
  readonly ejected: boolean;
  /** Undefined when the route has no circuit breaker. */
  readonly breaker: BreakerState | undefined;
  /** Until when it gets no requests because it is ejected or its breaker is open: the time of day, ISO 8601. */
  readonly until?: string | undefined;
  /** The failure that did it, as far as this route met it. */
  readonly reason?: string | undefined;
  /** Exchanges in flight at its address, by whichever route. */
  readonly activeRequests: number;
}

/** Where the health of backends is kept, and the time on the node's clock, in milliseconds. */
export interface HealthView {
  readonly state: NodeState;
  readonly now: number;
  reasons(route: string, backend: string): BackendReasons;
}

/** How the backends of all routes are. */
export function* backendHealth(routes: Iterable<RoutePlan>, view: HealthView): Generator<BackendHealth> {
  for (const route of routes) {
    for (let index = 0; index < route.places.length; index++) yield healthOf(route, index, view);
  }
}

/** Those that get no requests. Of the others, of which there may be very many, nothing is made. */
export function* unhealthyBackends(routes: Iterable<RoutePlan>, view: HealthView): Generator<UnhealthyBackend> {
  const { state, now } = view;
  for (const route of routes) {
    for (let index = 0; index < route.places.length; index++) {
      const { target, backend } = route.places[index];
      const isOpen = route.config.circuitBreaker !== undefined && state.breakers.state(backend, now) === 'open';
      if (!isOpen && state.health.usable(target) && !state.ejection.isEjected(target, now)) continue;
      const { status, until, reason } = healthOf(route, index, view);
      const { backendId } = route.config.backends[index];
      // An ejected backend gets nothing either, for as long as it rests.
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
  // A latency is only known of what has answered.
  return state.latency.get(slot) > 0 ? 'Healthy' : 'Unknown';
}
