import type { LimitRule } from '../policy/rate-limit/limit-store.ts';

/** The shares that were last asked for: rules stay as long as their route. */
const shares = new WeakMap<LimitRule, { readonly nodes: number; readonly rule: LimitRule }>();

/** The part of a rule that one of several nodes may count for itself: rounded down, so that all of them together keep to the rule. */
export function shareOf(rule: LimitRule, nodes: number): LimitRule {
  const known = shares.get(rule);
  if (known?.nodes === nodes) return known.rule;
  const part = (requests: number): number => Math.max(1, Math.floor(requests / nodes));
  const share = { ...rule, requests: part(rule.requests), burst: part(rule.burst) };
  shares.set(rule, { nodes, rule: share });
  return share;
}
