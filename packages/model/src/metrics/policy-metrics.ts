import type { Metric } from './metric.ts';

/** Servers that policies ask. */
export const helperMetrics = {
  questions: {
    name: 'api_gateway_helper_questions_total',
    type: 'counter',
    labels: ['helper', 'outcome'],
    help: 'Questions of policies to servers that help them, by the kind of helper: introspection, external, oidc or jwks.',
    note: 'They were `answered`, or `failed` (no answer in time, a broken one, a status of 500 or above), or were `skipped`: not asked, because the helper had failed five times in a row or too many questions waited for it.',
  },
} as const satisfies Record<string, Metric>;

/** The key sets of token issuers. */
export const keySetMetrics = {
  age: {
    name: 'api_gateway_key_set_age_seconds',
    type: 'gauge',
    labels: ['host'],
    unit: 'seconds',
    help: 'Time since the key set was fetched; of several at one host, the oldest.',
    note: 'It is absent before the first fetch that succeeds, and grows while the host is away.',
  },
  failures: {
    name: 'api_gateway_key_set_failures_total',
    type: 'counter',
    labels: ['host'],
    help: 'Fetches that failed: no answer, or one without a usable key.',
  },
} as const satisfies Record<string, Metric>;

/** Who sends requests. */
export const tierMetrics = {
  requests: {
    name: 'api_gateway_requests_by_tier_total',
    type: 'counter',
    labels: ['tier'],
    help: 'Requests that authentication let through, by the tier of their senders.',
    note: 'The tier is `anonymous` without an identity, and `none` for one without a tier. More than 32 tiers are counted together as `other`.',
  },
} as const satisfies Record<string, Metric>;

/** What policies decide. */
export const policyMetrics = {
  outcomes: {
    name: 'api_gateway_policy_outcomes_total',
    type: 'counter',
    labels: ['route', 'policy', 'outcome'],
    help: 'What became of requests at a policy.',
    note: 'Of `authorization`: `allowed`, `refused`, `would_refuse` with [reportOnly](authorization.md#trying-a-rule-on-real-traffic), and `rule_failed`, when the rule could not be evaluated; such a request is counted as refused, too. Of [authentication](authentication.md), by the method that decided (`apiKey`, `basic`, `external`, `introspection`, `jwt`, `mtls`, `oidc`): `identified`, `refused`, `unavailable`, `answered` by the method itself, such as with a redirect to a login, and `let_through` without an identity; as `authentication`, for requests without credentials: `anonymous` and `missing`. Of a [policy of your own](own-policies.md), named by its module: `answered`, `failed` and `timed_out`.',
  },
} as const satisfies Record<string, Metric>;

/** Limits of a route. */
export const limitMetrics = {
  limited: {
    name: 'api_gateway_limited_requests_total',
    type: 'counter',
    labels: ['route', 'kind', 'tier'],
    help: 'Requests that a limit refused.',
    note: '`kind` is `FixedWindow`, `SlidingWindow`, `TokenBucket`, `dailyQuota`, `concurrency` or `adaptiveConcurrency`; `tier` is that of the caller: `anonymous` without an identity, `free`, `premium`, `vip`, `service`, or `other` for every other tier and for none.',
  },
  adaptiveLimit: {
    name: 'api_gateway_adaptive_limit',
    type: 'gauge',
    labels: ['route'],
    help: 'The limit of requests in flight that adaptiveConcurrency has come to.',
    note: 'See [limits that follow latency](limits.md#limits-that-follow-latency).',
  },
} as const satisfies Record<string, Metric>;

/** What callers have used of their daily quotas. */
export const quotaMetrics = {
  nearCallers: {
    name: 'api_gateway_quota_near_callers',
    type: 'gauge',
    labels: [],
    help: 'Callers that have used nine tenths of a daily quota or more, of quotas that this node counts.',
  },
} as const satisfies Record<string, Metric>;

/** Limits that are counted in Redis. */
export const redisMetrics = {
  up: {
    name: 'api_gateway_redis_up',
    type: 'gauge',
    labels: [],
    help: '1 when every worker that counts in Redis reaches it.',
  },
  liveNodes: {
    name: 'api_gateway_redis_live_nodes',
    type: 'gauge',
    labels: [],
    help: 'The nodes that count in the same Redis, as it last knew.',
  },
  calls: {
    name: 'api_gateway_redis_calls_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Calls, each for the requests of one turn of a worker: answered or failed.',
  },
  callTime: {
    name: 'api_gateway_redis_call_seconds_total',
    type: 'counter',
    labels: [],
    unit: 'seconds',
    help: 'The time that these calls took together.',
  },
  requests: {
    name: 'api_gateway_global_limit_requests_total',
    type: 'counter',
    labels: ['decider'],
    help: 'Requests with limits over all nodes, by what decided them.',
    note: '`redis`, or while it was away `localShare`, `open` or `closed`.',
  },
} as const satisfies Record<string, Metric>;
