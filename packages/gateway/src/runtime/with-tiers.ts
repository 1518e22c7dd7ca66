import type { CallerLimitsConfig, RateLimitRule, RouteConfig } from '@sluice/model';

type Tiers = CallerLimitsConfig['tiers'];

/** What was made of a route, and of which tiers: the same object again, so that the planner sees without looking that it did not change. */
const made = new WeakMap<RouteConfig, { readonly tiers: Tiers; readonly route: RouteConfig }>();

/**
 * The route with the limits that hold for callers of all routes in its own rules, both versions while a deployment runs. They
 * say what one caller may do, so rules that count all requests of a route together keep their own numbers. A route that
 * takes nothing from them is returned as it is.
 */
export function withTiers(route: RouteConfig, { tiers }: Pick<CallerLimitsConfig, 'tiers'>): RouteConfig {
  if (Object.keys(tiers).length === 0) return route;
  const before = made.get(route);
  if (before?.tiers === tiers) return before.route;
  const next = joined(route, tiers);
  made.set(route, { tiers, route: next });
  return next;
}

function joined(route: RouteConfig, tiers: Tiers): RouteConfig {
  const { rateLimit, split } = route;
  const limited = rateLimit === undefined ? route : { ...route, rateLimit: rulesWithTiers(rateLimit, tiers) };
  const candidate = split && joined(split.candidate, tiers);
  if (split === undefined || candidate === undefined || candidate === split.candidate) return limited;
  return { ...limited, split: { ...split, candidate } };
}

function rulesWithTiers(rules: RateLimitRule | RateLimitRule[], tiers: Tiers): RateLimitRule | RateLimitRule[] {
  const ruleWithTiers = (rule: RateLimitRule): RateLimitRule =>
    rule.keyBy === 'Route' ? rule : { ...rule, perTier: { ...tiers, ...rule.perTier } };
  return Array.isArray(rules) ? rules.map(ruleWithTiers) : ruleWithTiers(rules);
}
