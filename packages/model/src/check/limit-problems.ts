import type { z } from 'zod';
import type { Problem } from '../values/problem.ts';
import { ProblemList } from '../values/problem.ts';
import type { Readable } from './readable.ts';
import { rateLimitRules } from '../config/rate-limit-rules.ts';
import type { RateLimitRule } from '../config/rate-limit-config.ts';
import type { routeConfig } from '../config/route-config.ts';

type LimitedRoute = Pick<Readable<z.output<typeof routeConfig>>, 'rateLimit' | 'adaptiveConcurrency'>;
type Rule = Readable<RateLimitRule>;

/** What is wrong between the fields of the limits of a route; paths begin at the route. */
export function limitProblems({ rateLimit, adaptiveConcurrency }: LimitedRoute, hasRedis: boolean): Problem[] {
  const rules: readonly Rule[] = rateLimitRules(rateLimit as RateLimitRule | RateLimitRule[] | undefined);
  const place = (index: number) => (Array.isArray(rateLimit) ? ['rateLimit', index] : ['rateLimit']);
  const problems = new ProblemList();
  const add = (index: number, found: readonly Problem[]) =>
    problems.add(found.map(({ path, message }) => ({ path: [...place(index), ...path], message })));
  for (const [index, rule] of rules.entries()) {
    add(index, [...burstProblems(rule), ...(hasRedis ? [] : scopeProblems(rule))]);
    add(index, repeatedProblems(rule, rules.slice(0, index)));
  }
  return problems.add(adaptiveProblems(adaptiveConcurrency)).all();
}

function burstProblems({ type, burst, perTier = {} }: Rule): Problem[] {
  if (type === undefined || type === 'TokenBucket') return [];
  const message = `${type} has no burst: leave it out, or use TokenBucket`;
  const own = burst === undefined ? [] : [{ path: ['burst'], message }];
  const tiers = Object.entries(perTier).filter(([, limit]) => limit?.burst !== undefined);
  return [...own, ...tiers.map(([tier]) => ({ path: ['perTier', tier, 'burst'], message }))];
}

function scopeProblems({ scope }: Rule): Problem[] {
  if (scope !== 'global') return [];
  return [{ path: ['scope'], message: 'requests of all nodes are counted in Redis: set redis.url, or use scope node' }];
}

/** Rules that count the same would be one count, from which each request takes twice. */
function repeatedProblems(rule: Rule, earlier: readonly Rule[]): Problem[] {
  const isSame = (other: Rule): boolean =>
    other.type === rule.type && other.window === rule.window && isCountedWith(other, rule);
  if (earlier.some(isSame)) {
    return [
      {
        path: [],
        message: 'another rule of this route has the same type, window, keyBy and scope: keep the tighter one',
      },
    ];
  }
  if (!hasQuota(rule) || !earlier.some((other) => hasQuota(other) && isCountedWith(other, rule))) return [];
  return [
    {
      path: ['dailyQuota'],
      message: 'another rule with the same keyBy and scope has a dailyQuota: keep the smaller one',
    },
  ];
}

function hasQuota({ dailyQuota, perTier = {} }: Rule): boolean {
  return dailyQuota !== undefined || Object.values(perTier).some((limit) => limit?.dailyQuota !== undefined);
}

/** Whether two rules count the same callers in the same place. */
function isCountedWith(one: Rule, other: Rule): boolean {
  return one.scope === other.scope && keyOf(one) === keyOf(other);
}

/** Names of headers have no case. */
function keyOf({ keyBy }: Rule): string | undefined {
  return keyBy?.startsWith('Header:') === true ? keyBy.toLowerCase() : keyBy;
}

function adaptiveProblems(config: LimitedRoute['adaptiveConcurrency']): Problem[] {
  const { minLimit, maxLimit } = config ?? {};
  if (minLimit === undefined || maxLimit === undefined || minLimit <= maxLimit) return [];
  return [{ path: ['adaptiveConcurrency', 'minLimit'], message: 'minLimit is above maxLimit' }];
}
