import type { Problem } from '../values/problem.ts';

interface Rule {
  readonly keyBy?: string | undefined;
  readonly perTier?: Readonly<Record<string, unknown>> | undefined;
}

/** A route or its document, as far as it says whose requests are limited. */
export interface LimitsOfRoute {
  readonly authentication?: unknown;
  /** Policies of the user's own, which may find out who sends a request. */
  readonly policies?: readonly unknown[] | undefined;
  readonly rateLimit?: Rule | readonly Rule[] | undefined;
  readonly concurrency?: Rule | undefined;
}

/** Limits of callers on a route where no caller is known; paths begin at the route. */
export function limitWarnings({ authentication, policies, rateLimit, concurrency }: LimitsOfRoute): Problem[] {
  if (authentication !== undefined || policies !== undefined) return [];
  const rules = isList(rateLimit)
    ? rateLimit.flatMap((rule, index) => ruleWarnings(rule, ['rateLimit', index]))
    : ruleWarnings(rateLimit, ['rateLimit']);
  return [...rules, ...ruleWarnings(concurrency, ['concurrency'])];
}

function ruleWarnings({ keyBy, perTier = {} }: Rule = {}, path: Problem['path']): Problem[] {
  const nobody = 'nobody is known on a route without authentication';
  const key: Problem[] = isOfCaller(keyBy)
    ? [{ path: [...path, 'keyBy'], message: `${nobody}: every request counts by its client address` }]
    : [];
  const tiers = Object.keys(perTier).filter((tier) => tier !== 'anonymous');
  const message = `${nobody}: every request has the tier anonymous`;
  return [...key, ...tiers.map((tier) => ({ path: [...path, 'perTier', tier], message }))];
}

function isOfCaller(keyBy = ''): boolean {
  return keyBy === 'Consumer' || keyBy === 'ApiKey' || keyBy === 'Organization' || keyBy.startsWith('Claim:');
}

// Array.isArray does not narrow readonly arrays.
function isList(rules: LimitsOfRoute['rateLimit']): rules is readonly Rule[] {
  return Array.isArray(rules);
}
