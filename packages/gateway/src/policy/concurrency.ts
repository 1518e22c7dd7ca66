import type { ConcurrencyConfig } from '@sluice/model';
import type { NodeState } from '../state/index.ts';
import { tierOf } from './caller.ts';
import { answers, passes } from './forecast.ts';
import type { Policy, PolicyAnswer } from './policy.ts';
import { createLimitKey, keyName } from './rate-limit/limit-key.ts';

/** What limits of requests in flight work with. */
export interface InFlightParts {
  readonly state: NodeState;
  /** Where the refusals of the route are counted. */
  readonly slot: number;
}

const retry = [['Retry-After', '1']] as const;

/**
 * Lets at most `limit` requests of one caller be in flight, over all workers of the node (429 beyond; 503 if all requests of the
 * route count together, since then the caller is not the cause).
 */
export function concurrency(
  routeId: string,
  { limit, keyBy }: ConcurrencyConfig,
  { state, slot }: InFlightParts,
): Policy {
  const { callers } = state.limits;
  const keyOf = createLimitKey(keyBy);
  const domain = callers.domainOf(`${routeId} concurrency ${keyName(keyBy)}`);
  const error = keyBy === 'Route' ? 'TOO_MANY_REQUESTS_IN_FLIGHT' : 'CONCURRENCY_LIMIT_EXCEEDED';
  const refusal: PolicyAnswer = { error, headers: retry };
  return {
    name: 'concurrency',
    stage: 'limit',
    explain(request) {
      const inFlight = callers.inFlight(domain, keyOf(request));
      const standing = `${inFlight} of at most ${limit} requests of the caller are in flight`;
      return inFlight < limit ? passes(standing) : answers(refusal, standing);
    },
    onRequest(request) {
      const place = callers.enter(domain, keyOf(request), limit);
      if (place < 0) {
        state.limited.count(slot, 'concurrency', tierOf(request));
        return refusal;
      }
      request.onceServed(() => callers.leave(place));
    },
  };
}
