import type { NodeState } from '../state/index.ts';
import { answers, passes } from './forecast.ts';
import type { Policy, PolicyAnswer } from './policy.ts';

/** Lets at most `limit` exchanges of a route be in flight, over all workers of the node (503 and Retry-After beyond). */
export function inFlightLimit(state: NodeState, routeSlot: number, limit: number): Policy {
  const release = (): void => state.routes.leave(routeSlot);
  const refusal: PolicyAnswer = { error: 'TOO_MANY_REQUESTS_IN_FLIGHT', headers: [['Retry-After', '1']] };
  return {
    name: 'inFlightLimit',
    stage: 'limit',
    explain() {
      const inFlight = state.routes.count(routeSlot);
      const standing = `${inFlight} of at most ${limit} requests of the route are in flight`;
      return inFlight < limit ? passes(standing) : answers(refusal, standing);
    },
    onRequest(request) {
      if (!state.routes.enter(routeSlot, limit)) return refusal;
      request.onceServed(release);
    },
  };
}
