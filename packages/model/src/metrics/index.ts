/** Every metric of a gateway process, declared once: what is not here cannot be written, drawn or alerted on. */
import { controlMetrics, deliveryMetrics, nodeMetrics } from './control-metrics.ts';
import { exportMetrics } from './export-metrics.ts';
import type { MetricGroup } from './metric.ts';
import {
  helperMetrics,
  keySetMetrics,
  limitMetrics,
  policyMetrics,
  quotaMetrics,
  redisMetrics,
  tierMetrics,
} from './policy-metrics.ts';
import { poolMetrics, processMetrics, tlsMetrics, trafficMetrics, versionMetrics } from './traffic-metrics.ts';

export type { Metric, MetricGroup } from './metric.ts';
export { controlMetrics, deliveryMetrics, nodeMetrics } from './control-metrics.ts';
export { exportMetrics } from './export-metrics.ts';
export {
  helperMetrics,
  keySetMetrics,
  limitMetrics,
  policyMetrics,
  quotaMetrics,
  redisMetrics,
  tierMetrics,
} from './policy-metrics.ts';
export {
  absent,
  aggregate,
  average,
  bucketIncreases,
  changes,
  combine,
  countRate,
  countRateUpTo,
  current,
  extreme,
  increase,
  orZero,
  quantile,
  rate,
  resets,
  scalar,
  secondsUntil,
  sumRate,
  top,
  total,
} from './query.ts';
export type { Match, Period, Query, QueryUnit, ScrapeLabel } from './query.ts';
export { poolMetrics, processMetrics, tlsMetrics, trafficMetrics, versionMetrics } from './traffic-metrics.ts';

/** All of them, in the order of the documentation. */
export const metricGroups: readonly MetricGroup[] = [
  { title: 'Of traffic', about: 'They are always there.', metrics: Object.values(trafficMetrics) },
  { title: 'Of the process', about: 'They are always there.', metrics: Object.values(processMetrics) },
  {
    title: 'Of connections to backends',
    about:
      'The same answer has these once a route has a backend. Workers report them every second. `address` is the host and port of a backend; routes that share an address share its connections. More than 4,096 addresses are counted together as `other`.',
    metrics: Object.values(poolMetrics),
  },
  {
    title: 'Of TLS',
    about: 'The same answer has these when the proxy listens with TLS.',
    metrics: Object.values(tlsMetrics),
  },
  {
    title: 'While a deployment runs',
    about:
      'The same answer has these metrics for every route that a deployment has run on. Counters continue through every share and every deployment of a route, and stay after the end. The metrics are absent before the first deployment. The other metrics count both versions together; backends with the same name are one series.',
    metrics: Object.values(versionMetrics),
  },
  {
    title: 'Of policies that ask a server',
    about:
      'A policy may ask a server for help, such as an introspection endpoint. These are absent before the first question.',
    metrics: Object.values(helperMetrics),
  },
  {
    title: 'Of key sets',
    about:
      'The key sets that routes name by `jwksUrl`, absent when no route does. Each node fetches a key set once for all of its workers.',
    metrics: Object.values(keySetMetrics),
  },
  {
    title: 'Of authentication',
    about: 'The same answer has this once a route has let a request with [authentication](authentication.md) through.',
    metrics: Object.values(tierMetrics),
  },
  {
    title: 'Of policies',
    about:
      'The same answer has this once a policy of a route has counted a request. Both versions of a route count together.',
    metrics: Object.values(policyMetrics),
  },
  {
    title: 'Of limits',
    about:
      'The same answer has these once a [limit](limits.md) has refused a request, and where a limit follows latency. Both versions of a route count together.',
    metrics: Object.values(limitMetrics),
  },
  {
    title: 'Of daily quotas',
    about: 'This is absent until a route has a [daily quota](limits.md) of scope `node`.',
    metrics: Object.values(quotaMetrics),
  },
  {
    title: 'Of limits over all nodes',
    about: 'These are absent until a route has a rate limit of scope `global`, which is counted in Redis.',
    metrics: Object.values(redisMetrics),
  },
  {
    title: 'Of a node that follows control',
    about: 'Processes of role `all` and `gateway` have this in the same answer.',
    metrics: Object.values(nodeMetrics),
  },
  {
    title: 'Of what is sent to a collector',
    about: 'Processes with [`tracing`](tracing.md), or that push their metrics, have these in the same answer.',
    metrics: Object.values(exportMetrics),
  },
  {
    title: 'Of the control plane',
    about: 'Processes of role `all` and `control` have these in the same answer.',
    metrics: [...Object.values(controlMetrics), ...Object.values(deliveryMetrics)],
  },
];
