import type { NodeState } from '../state/index.ts';
import type { Policy } from './policy.ts';

/** Lets at most `limit` exchanges of a route be in flight, over all workers of the node (503 and Retry-After beyond). */
export function inFlightLimit(state: NodeState, routeSlot: number, limit: number): Policy {
  const release = (): void => state.routes.leave(routeSlot);
  return {
    name: 'inFlightLimit',
    stage: 'limit',
    onRequest(request) {
      if (!state.routes.enter(routeSlot, limit)) {
        return { error: 'TOO_MANY_REQUESTS_IN_FLIGHT', headers: [['Retry-After', '1']] };
      }
      request.onceServed(release);
    },
  };
}
