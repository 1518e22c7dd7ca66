import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { headerName, oneLine } from '../values/text.ts';

/** The kinds of rate limits. */
export const rateLimitTypes = ['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const;

/** What requests are counted by, besides `Header:NAME` and `Claim:NAME`. */
export const limitKeys = ['ClientIP', 'Consumer', 'ApiKey', 'Organization', 'Route'] as const;

/** The most requests that a rule can count; a place in its memory holds no more. */
const mostRequests = 10_000_000;
const longestWindow = 31 * 86_400_000;

const keyBy = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const problem = keyProblem(text);
    if (problem !== undefined) context.addIssue(problem);
  })
  .default('ClientIP')
  .describe(
    'What is counted: ClientIP, Consumer, ApiKey, Organization, Header:NAME, Claim:NAME, or Route for all requests together. A request without the key counts by its caller, or else by its client address.',
  );

const requests = z.int().min(1).max(mostRequests).describe('Requests per window.');
const window = duration(100, longestWindow).prefault('1m').describe('Length of the window.');
const burst = z.int().min(1).max(mostRequests).optional();
const dailyQuota = z.int().min(1).max(1_000_000_000).optional();

const tierLimit = z
  .strictObject({
    requests,
    window: window.unwrap().optional().describe('Length of the window; that of the rule if absent.'),
    burst: burst.describe('Most requests at once, for a TokenBucket; requests if absent.'),
    dailyQuota: dailyQuota.describe('Most requests per UTC day; that of the rule if absent.'),
  })
  .describe('What callers of one tier may do.');

const tierName = oneLine.min(1).max(128);

const rateLimitRule = z
  .strictObject({
    type: z
      .enum(rateLimitTypes)
      .describe(
        'FixedWindow counts per window of the clock, SlidingWindow in any window, TokenBucket refills steadily.',
      ),
    requests,
    window,
    burst: burst.describe('Most requests at once, only for a TokenBucket; requests if absent.'),
    keyBy,
    scope: z
      .enum(['node', 'global'])
      .default('node')
      .describe('Where requests are counted: on each node by itself, or over all nodes.'),
    perTier: z.record(tierName, tierLimit).optional().describe('Other limits for callers of these tiers.'),
    dailyQuota: dailyQuota.describe('Most requests per UTC day; not counted if absent.'),
  })
  .describe('How many requests a caller may send in a time.');

/** Schema of the rate limits of a route. */
export const rateLimit = z
  .union([rateLimitRule, z.array(rateLimitRule).min(1).max(16)])
  .describe('How many requests callers may send: a rule, or a list of rules that all hold.');

/** Schema of the limit of requests that a caller has in progress. */
export const concurrency = z
  .strictObject({
    limit: z.int().min(1).max(1_000_000).describe('Most requests in progress for one key.'),
    keyBy,
  })
  .describe('How many requests a caller may have in progress.');

/** Schema of the limit of requests in progress that follows the latency of the backends. */
export const adaptiveConcurrency = z
  .strictObject({
    minLimit: z.int().min(1).max(1_000_000).default(10).describe('The limit never falls below this.'),
    maxLimit: z.int().min(1).max(1_000_000).default(1000).describe('The limit never rises above this.'),
  })
  .describe('Limits the requests in progress on each node, and lowers the limit while latency rises.');

/** What limits of scope global do while Redis is away. */
export const awayChoices = ['localShare', 'open', 'closed'] as const;

/** Schema of what all rate limits have in common. */
export const callerLimits = z
  .strictObject({
    whenRedisIsAway: z
      .enum(awayChoices)
      .default('localShare')
      .describe(
        'What limits of scope global do while Redis is away: each node keeps to its share, they let all pass, or they refuse all.',
      ),
    tiers: z
      .record(tierName, tierLimit)
      .default({})
      .describe('Limits for callers of these tiers, in all rules but those by Route; anonymous is without identity.'),
  })
  .prefault({})
  .describe('What all rate limits have in common.');

/** A rate limit of a route; durations in milliseconds. */
export type RateLimitRule = z.output<typeof rateLimitRule>;
/** What callers of one tier may do; `window` in milliseconds. */
export type TierLimit = z.output<typeof tierLimit>;
/** How many requests a caller may have in progress. */
export type ConcurrencyConfig = z.output<typeof concurrency>;
/** Between which bounds the limit follows latency. */
export type AdaptiveConcurrencyConfig = z.output<typeof adaptiveConcurrency>;
/** What all rate limits have in common. */
export type CallerLimitsConfig = z.output<typeof callerLimits>;

/** What is wrong with a key to count by. */
function keyProblem(text: string): string | undefined {
  if (limitKeys.some((key) => key === text)) return undefined;
  const [kind, name] = [text.slice(0, text.indexOf(':') + 1), text.slice(text.indexOf(':') + 1)];
  if (kind === 'Header:') {
    return headerName.safeParse(name).success ? undefined : 'expected the name of a header after Header:';
  }
  if (kind === 'Claim:') {
    return oneLine.min(1).max(256).safeParse(name).success ? undefined : 'expected the name of a claim after Claim:';
  }
  return `expected one of ${limitKeys.join(', ')}, Header:NAME, Claim:NAME`;
}
