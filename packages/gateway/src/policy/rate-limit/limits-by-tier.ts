import type { RateLimitRule, TierLimit } from '@sluice/model';
import type { PolicyRequest } from '../policy.ts';
import { fieldsWithoutStanding, prepareLimitFields } from './limit-fields.ts';
import type { WriteLimitFields } from './limit-fields.ts';
import { createLimitKey, keyName } from './limit-key.ts';
import type { LimitKey } from './limit-key.ts';
import type { LimitDemand, LimitRule } from './limit-store.ts';

/** A limit of a route, as it is for callers of one tier. It is the demand of the request that was looked at last. */
export interface Limit extends LimitDemand {
  key: string;
  readonly keyBy: string;
  readonly keyOf: LimitKey;
  readonly fields: WriteLimitFields;
}

/** What holds for the callers of one tier. */
export interface TierLimits {
  readonly all: readonly Limit[];
  /** Those that each node counts for itself. */
  readonly ofNode: readonly Limit[];
  /** The response fields that say what holds, and not how it stands. */
  readonly fields: string;
}

/** The limits of a route. */
export interface RouteLimits {
  of(tier: string | undefined): TierLimits;
  /**
   * The limits by client address, as they are for the tier that may do the most: who is beyond one of these is refused,
   * whoever it is. One that is not the same count for all tiers is left out.
   */
  readonly byAddress: readonly Limit[];
}

const dayMs = 86_400_000;
/** A cell holds no more. */
const mostBurst = 2 ** 31 - 1;

/** The limits of a route, for callers of any tier. */
export function limitsByTier(routeId: string, rules: readonly RateLimitRule[]): RouteLimits {
  const usual = tierLimits(routeId, rules, undefined);
  const tiers = new Set(rules.flatMap(({ perTier = {} }) => Object.keys(perTier)));
  const byTier = new Map(Array.from(tiers, (tier) => [tier, tierLimits(routeId, rules, tier)]));
  return {
    of: (tier) => (tier === undefined ? usual : (byTier.get(tier) ?? usual)),
    byAddress: widestByAddress(usual.all, [...byTier.values()]),
  };
}

/** Takes a request as the demand of these limits. */
export function demandsOf(limits: readonly Limit[], request: PolicyRequest): readonly LimitDemand[] {
  // perf: nothing is made for a request; see "local limit" in compile/policies.bench.ts.
  for (let i = 0; i < limits.length; i++) limits[i].key = limits[i].keyOf(request);
  return limits;
}

function tierLimits(routeId: string, rules: readonly RateLimitRule[], tier: string | undefined): TierLimits {
  const named = rules.flatMap((rule, index) => {
    const { keyBy } = rule;
    const own = tier !== undefined && Object.hasOwn(rule.perTier ?? {}, tier) ? rule.perTier?.[tier] : undefined;
    const suffix = rules.length > 1 ? `-${index + 1}` : '';
    const quota = quotaRule(routeId, rule, own);
    const both = [{ rule: windowRule(routeId, rule, own), keyBy, name: `requests${suffix}` }];
    return quota === undefined ? both : [...both, { rule: quota, keyBy, name: `day${suffix}` }];
  });
  const policy = named.map(({ rule, name }) => policyOf(rule, name)).join(', ');
  const all = named.map(({ rule, keyBy, name }): Limit => {
    const fields = prepareLimitFields({ most: rule.burst, name }, policy);
    return { rule, key: '', keyBy, keyOf: createLimitKey(keyBy), fields };
  });
  return {
    all,
    ofNode: all.filter(({ rule }) => rule.scope === 'node'),
    fields: fieldsWithoutStanding(all[0].rule.burst, policy),
  };
}

function widestByAddress(usual: readonly Limit[], tiers: readonly TierLimits[]): Limit[] {
  return usual.flatMap((limit) => {
    if (limit.keyBy !== 'ClientIP') return [];
    const others = tiers.map(({ all }) => all.find(({ rule }) => rule.id === limit.rule.id));
    if (others.includes(undefined)) return [];
    const rules = [limit, ...others].flatMap((one) => one?.rule ?? []);
    return [{ ...limit, rule: widest(rules) }];
  });
}

/** A rule that has room whenever one of these has. */
function widest(rules: readonly LimitRule[]): LimitRule {
  const requests = Math.max(...rules.map((rule) => rule.requests));
  // A bucket is as deep as the time that fills it is long.
  const depth = Math.max(...rules.map((rule) => rule.burst / rule.requests));
  return { ...rules[0], requests, burst: Math.min(mostBurst, Math.ceil(depth * requests)) };
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
