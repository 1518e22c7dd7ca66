import { rateLimitRules } from '@sluice/model/rate-limit-rules';
import type { RouteConfig } from '@sluice/model';
import type { NodeState } from '../../state/index.ts';
import { tierOf } from '../caller.ts';
import { answers, open, passes } from '../forecast.ts';
import type { LimitedRequest, Policy, PolicyAnswer } from '../policy.ts';
import { kindOf, refusal, seconds, tightest } from './limit-answers.ts';
import type { CountsAway, LimitsTaken, LimitStanding } from './limit-store.ts';
import { demandsOf, limitsByTier } from './limits-by-tier.ts';
import type { Limit } from './limits-by-tier.ts';
import { limitStoreFor } from './scoped-limits.ts';
import type { LimitStores } from './scoped-limits.ts';

/** What a rate limit works with. */
export interface RateLimitParts {
  readonly stores: LimitStores;
  readonly state: Pick<NodeState, 'limited'>;
  /** Where the refusals of the route are counted. */
  readonly slot: number;
}

/** The rate limits of a route as they are written. */
export type RateLimitConfig = NonNullable<RouteConfig['rateLimit']>;

/**
 * Limits how many requests a caller may send in a time (429 and Retry-After beyond). Every answer says how the tightest of
 * the limits stands. What is answered before it was counted, such as a request with bad credentials, counts for its client
 * address alone: it must use up nothing that others share.
 */
export function rateLimit(routeId: string, config: RateLimitConfig, { stores, state, slot }: RateLimitParts): Policy {
  const rules = rateLimitRules(config);
  const limits = limitsByTier(routeId, rules);
  const { node } = stores;
  const store = limitStoreFor(
    rules.map(({ scope }) => scope),
    stores,
  );
  const settle = (
    request: LimitedRequest,
    all: readonly Limit[],
    standings: readonly LimitStanding[],
  ): void | PolicyAnswer => {
    const at = tightest(standings);
    const standing = standings[at];
    request.limitFields = fieldsOf(all[at], standing);
    if (standing.retryAfterMs === 0) return undefined;
    state.limited.count(slot, kindOf(all[at].rule), tierOf(request));
    return refusal(standing);
  };
  return {
    name: 'rateLimit',
    stage: 'limit',
    onRequest(request) {
      const { all, fields } = limits.of(tierOf(request));
      if (store === node) return settle(request, all, node.take(demandsOf(all, request)));
      // Copied, because another request may come before these are counted.
      const taken = store.take(all.map(({ rule, keyOf }) => ({ rule, key: keyOf(request) })));
      const answer = (found: LimitsTaken): void | PolicyAnswer => {
        if (!('passes' in found)) return settle(request, all, found);
        // While no limit holds, there is none to tell of.
        request.limitFields = found.passes ? '' : fields;
        return found.passes ? undefined : unavailable(found);
      };
      return taken instanceof Promise ? taken.then(answer) : answer(taken);
    },
    explain(request) {
      const { all, ofNode } = limits.of(tierOf(request));
      const elsewhere = all.length > ofNode.length;
      if (ofNode.length === 0) return open('its counts over all nodes are in Redis, which is not asked');
      const standings = node.look(demandsOf(ofNode, request));
      const standing = standings[tightest(standings)];
      if (standing.retryAfterMs > 0) return answers(refusal(standing), fullText(standing));
      const left = `${standing.remaining} more ${standing.remaining === 1 ? 'request has' : 'requests have'} room`;
      return elsewhere ? open(`${left} on this node; the counts over all nodes are not asked`) : passes(left);
    },
    onOwnAnswer(request) {
      if (request.limitFields !== undefined) return;
      if (limits.byAddress.length > 0) node.take(demandsOf(limits.byAddress, request));
      const { ofNode, fields } = limits.of(tierOf(request));
      request.limitFields = ofNode.length === 0 ? fields : fieldsNow(ofNode, node.look(demandsOf(ofNode, request)));
    },
  };
}

function fullText({ retryAfterMs }: LimitStanding): string {
  return `the limit is used up for ${seconds(retryAfterMs)} more ${seconds(retryAfterMs) === 1 ? 'second' : 'seconds'}`;
}

function fieldsNow(limits: readonly Limit[], standings: readonly LimitStanding[]): string {
  const at = tightest(standings);
  return fieldsOf(limits[at], standings[at]);
}

function fieldsOf({ fields }: Limit, { remaining, resetMs }: LimitStanding): string {
  return fields(remaining, seconds(resetMs));
}

function unavailable({ retryAfterMs }: CountsAway): PolicyAnswer {
  return { error: 'RATE_LIMIT_UNAVAILABLE', headers: [['Retry-After', String(seconds(retryAfterMs))]] };
}
