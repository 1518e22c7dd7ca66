import type { RouteConfig } from '@sluice/model';
import type { LimitedKind, NodeState } from '../../state/index.ts';
import { tierOf } from '../caller.ts';
import type { Policy, PolicyAnswer, PolicyRequest } from '../policy.ts';
import type { LimitDemand, LimitRule, LimitsTaken, LimitStanding } from './limit-store.ts';
import { limitsByTier } from './limits-by-tier.ts';
import type { TierLimits } from './limits-by-tier.ts';
import { limitStoreFor } from './scoped-limits.ts';
import type { LimitStores } from './scoped-limits.ts';

/** What a rate limit works with. */
export interface RateLimitParts {
  readonly stores: LimitStores;
  readonly state: Pick<NodeState, 'limited'>;
  /** Where the refusals of the route are counted. */
  readonly slot: number;
}

/**
 * Limits how many requests a caller may send in a time (429 and Retry-After beyond). Every answer says how the tightest of
 * the limits stands.
 */
export function rateLimit(
  routeId: string,
  config: NonNullable<RouteConfig['rateLimit']>,
  { stores, state, slot }: RateLimitParts,
): Policy {
  const rules = Array.isArray(config) ? config : [config];
  const limitsOf = limitsByTier(routeId, rules);
  const store = limitStoreFor(
    rules.map(({ scope }) => scope),
    stores,
  );
  return {
    name: 'rateLimit',
    stage: 'limit',
    onRequest(request) {
      const tier = tierOf(request);
      const limits = limitsOf(tier);
      const answer = (taken: LimitsTaken): void | PolicyAnswer => {
        if ('passes' in taken) return awayAnswer(taken);
        const at = tightest(taken);
        addFields(request, limits, at, taken[at]);
        if (taken[at].retryAfterMs === 0) return undefined;
        state.limited.count(slot, kindOf(limits.rules[at]), tier);
        return { error: 'RATE_LIMIT_EXCEEDED', headers: [['Retry-After', seconds(taken[at].retryAfterMs)]] };
      };
      const taken = store.take(demandsOf(limits, request));
      return taken instanceof Promise ? taken.then(answer) : answer(taken);
    },
  };
}

function demandsOf({ rules, keys }: TierLimits, request: PolicyRequest): LimitDemand[] {
  return rules.map((rule, index) => ({ rule, key: keys[index](request) }));
}

/** The limit that keeps the caller longest, or else the one of which the least is left. */
function tightest(standings: readonly LimitStanding[]): number {
  let at = 0;
  for (let i = 1; i < standings.length; i++) {
    const [one, other] = [standings[at], standings[i]];
    const longer = other.retryAfterMs - one.retryAfterMs;
    const fewer = one.remaining - other.remaining;
    if (longer > 0 || (longer === 0 && (fewer > 0 || (fewer === 0 && other.resetMs > one.resetMs)))) at = i;
  }
  return at;
}

/** The usual fields, and those of draft-ietf-httpapi-ratelimit-headers-10, which are structured fields (RFC 9651). */
function addFields(
  request: PolicyRequest,
  { rules, names, policy }: TierLimits,
  at: number,
  { remaining, resetMs }: LimitStanding,
): void {
  const reset = seconds(resetMs);
  request.addResponseHeader('X-RateLimit-Limit', String(rules[at].burst));
  request.addResponseHeader('X-RateLimit-Remaining', String(remaining));
  request.addResponseHeader('X-RateLimit-Reset', reset);
  request.addResponseHeader('RateLimit', `"${names[at]}";r=${remaining};t=${reset}`);
  request.addResponseHeader('RateLimit-Policy', policy);
}

function awayAnswer({ passes, retryAfterMs }: Extract<LimitsTaken, { passes: boolean }>): void | PolicyAnswer {
  if (passes) return undefined;
  return { error: 'RATE_LIMIT_UNAVAILABLE', headers: [['Retry-After', seconds(retryAfterMs)]] };
}

function kindOf({ type, isQuota }: LimitRule): LimitedKind {
  return isQuota ? 'dailyQuota' : type;
}

/** Whole seconds, rounded up: a client that waits so long does not come too early. */
function seconds(milliseconds: number): string {
  return String(Math.max(0, Math.ceil(milliseconds / 1000)));
}
