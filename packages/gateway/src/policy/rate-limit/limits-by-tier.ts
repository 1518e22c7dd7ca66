import type { RateLimitRule, TierLimit } from '@sluice/model';
import { createLimitKey, keyName } from './limit-key.ts';
import type { LimitKey } from './limit-key.ts';
import type { LimitRule } from './limit-store.ts';

/** What holds for the callers of one tier. */
export interface TierLimits {
  readonly rules: readonly LimitRule[];
  /** What each rule counts by. */
  readonly keys: readonly LimitKey[];
  /** The names of the rules in `RateLimit` and `RateLimit-Policy`. */
  readonly names: readonly string[];
  /** The value of `RateLimit-Policy`. */
  readonly policy: string;
}

const dayMs = 86_400_000;

/** The limits of a route, for callers of any tier. */
export function limitsByTier(
  routeId: string,
  rules: readonly RateLimitRule[],
): (tier: string | undefined) => TierLimits {
  const usual = tierLimits(routeId, rules, undefined);
  const tiers = new Set(rules.flatMap(({ perTier = {} }) => Object.keys(perTier)));
  const byTier = new Map(Array.from(tiers, (tier) => [tier, tierLimits(routeId, rules, tier)]));
  return (tier) => (tier === undefined ? usual : (byTier.get(tier) ?? usual));
}

function tierLimits(routeId: string, rules: readonly RateLimitRule[], tier: string | undefined): TierLimits {
  const limits = rules.flatMap((rule, index) => {
    const own = tier !== undefined && Object.hasOwn(rule.perTier ?? {}, tier) ? rule.perTier?.[tier] : undefined;
    const key = createLimitKey(rule.keyBy);
    const suffix = rules.length > 1 ? `-${index + 1}` : '';
    const quota = quotaRule(routeId, rule, own);
    const both = [{ rule: windowRule(routeId, rule, own), key, name: `requests${suffix}` }];
    return quota === undefined ? both : [...both, { rule: quota, key, name: `day${suffix}` }];
  });
  return {
    rules: limits.map(({ rule }) => rule),
    keys: limits.map(({ key }) => key),
    names: limits.map(({ name }) => name),
    policy: limits.map(({ rule, name }) => policyOf(rule, name)).join(', '),
  };
}

function windowRule(
  routeId: string,
  { type, keyBy, window, scope, ...rule }: RateLimitRule,
  own?: TierLimit,
): LimitRule {
  const { requests, window: windowMs = window } = own ?? { requests: rule.requests };
  const burst = own === undefined ? rule.burst : own.burst;
  return {
    // The window of the rule stands there too: two rules may have tiers whose windows are equal.
    id: `${routeId} ${scope} ${type} ${keyName(keyBy)} ${window} ${windowMs}`,
    type,
    requests,
    windowMs,
    burst: type === 'TokenBucket' ? (burst ?? requests) : requests,
    isQuota: false,
    scope,
  };
}

function quotaRule(
  routeId: string,
  { keyBy, dailyQuota, scope }: RateLimitRule,
  own?: TierLimit,
): LimitRule | undefined {
  const requests = own?.dailyQuota ?? dailyQuota;
  if (requests === undefined) return undefined;
  const id = `${routeId} ${scope} quota ${keyName(keyBy)}`;
  return { id, type: 'FixedWindow', requests, windowMs: dayMs, burst: requests, isQuota: true, scope };
}

/** An item of `RateLimit-Policy`. Its window is in whole seconds, so a shorter one is left out. */
function policyOf({ requests, windowMs }: LimitRule, name: string): string {
  return `"${name}";q=${requests}${windowMs % 1000 === 0 ? `;w=${windowMs / 1000}` : ''}`;
}
