import type { RateLimitRule } from './rate-limit-config.ts';

/** The rules of a route as a list. */
export function rateLimitRules(config: RateLimitRule | readonly RateLimitRule[] | undefined): readonly RateLimitRule[] {
  if (config === undefined) return [];
  return isList(config) ? config : [config];
}

// Array.isArray does not narrow readonly arrays.
function isList(config: RateLimitRule | readonly RateLimitRule[]): config is readonly RateLimitRule[] {
  return Array.isArray(config);
}
