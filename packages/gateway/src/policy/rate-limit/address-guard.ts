import { rateLimitRules } from '@sluice/model/rate-limit-rules';
import { answers, passes } from '../forecast.ts';
import type { LimitedRequest, Policy, PolicyAnswer } from '../policy.ts';
import { kindOf, refusal, tightest } from './limit-answers.ts';
import { demandsOf, limitsByTier } from './limits-by-tier.ts';
import type { RateLimitConfig, RateLimitParts } from './rate-limit.ts';

/** Looks at the client address of a request before anybody looks at its credentials. */
export interface AddressGuard extends Policy {
  readonly guards: 'address';
  onRequest(request: LimitedRequest): PolicyAnswer | undefined;
}

/**
 * Refuses a request whose client address has used up a limit that callers of all tiers have. It takes nothing: what passes is
 * counted by the limits themselves, or with its answer. So a limit by ClientIP bounds guesses, and no answer tells whether one
 * was right. Undefined if there is no such limit.
 */
export function addressGuard(
  routeId: string,
  config: RateLimitConfig,
  { stores: { node }, state, slot }: RateLimitParts,
): AddressGuard | undefined {
  const { byAddress } = limitsByTier(routeId, rateLimitRules(config));
  if (byAddress.length === 0) return undefined;
  return {
    name: 'addressGuard',
    stage: 'protect',
    guards: 'address',
    explain(request) {
      const standings = node.look(demandsOf(byAddress, request));
      const standing = standings[tightest(standings)];
      return standing.retryAfterMs === 0
        ? passes('the limits by client address have room')
        : answers(refusal(standing), 'a limit by client address is used up');
    },
    onRequest(request) {
      const standings = node.look(demandsOf(byAddress, request));
      const at = tightest(standings);
      if (standings[at].retryAfterMs === 0) return undefined;
      state.limited.count(slot, kindOf(byAddress[at].rule), 'anonymous');
      return refusal(standings[at]);
    },
  };
}

/** Tells it from other policies. */
export function isAddressGuard(policy: Policy): policy is AddressGuard {
  return 'guards' in policy;
}
