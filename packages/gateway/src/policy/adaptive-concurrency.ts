import type { AdaptiveConcurrencyConfig } from '@sluice/model';
import { tierOf } from './caller.ts';
import { answers, passes } from './forecast.ts';
import type { InFlightParts } from './concurrency.ts';
import type { Policy, PolicyAnswer, PolicyRequest } from './policy.ts';

const refusal: PolicyAnswer = { error: 'TOO_MANY_REQUESTS_IN_FLIGHT', headers: [['Retry-After', '1']] };

/**
 * Limits the requests in flight of a route by a number that follows the latency of its backends (503 and Retry-After beyond).
 * Latency is the time to the first byte of the response. Requests that a client is still sending say nothing of backends, nor
 * do failures, which are fast; a timeout counts for as long as it took.
 */
export function adaptiveConcurrency(
  config: AdaptiveConcurrencyConfig,
  { state, slot }: InFlightParts,
  now: () => number,
): Policy {
  const { adaptive, limited } = state;
  const release = (): void => adaptive.leave(slot);
  const startedAt = new WeakMap<PolicyRequest, number>();
  return {
    name: 'adaptiveConcurrency',
    stage: 'limit',
    explain() {
      const [inFlight, limit] = [adaptive.inFlight(slot), adaptive.limit(slot, config)];
      const standing = `${inFlight} of at most ${limit} requests are in flight, by what latency says now`;
      return inFlight < limit ? passes(standing) : answers(refusal, standing);
    },
    onRequest(request) {
      if (!adaptive.enter(slot, config)) {
        limited.count(slot, 'adaptiveConcurrency', tierOf(request));
        return refusal;
      }
      request.onceServed(release);
      if (request.isComplete) startedAt.set(request, request.elapsedMs());
    },
    onResponse(request, { status }) {
      const start = status < 200 ? undefined : startedAt.get(request);
      if (start === undefined) return;
      startedAt.delete(request);
      if (status < 500 || status === 504) adaptive.report(slot, request.elapsedMs() - start, now(), config);
    },
  };
}
