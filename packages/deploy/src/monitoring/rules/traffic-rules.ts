import { aggregate, combine, increase, quantile, rate, trafficMetrics } from '@sluice/model/metrics';
import type { Query } from '@sluice/model/metrics';
import type { RouteObjective } from '../monitoring-files.ts';
import { failed, thresholds } from '../thresholds.ts';
import type { RuleGroup } from './rule.ts';

const { requests, requestDuration } = trafficMetrics;
const { errorRatio, p95Seconds, p99Seconds, requestsForErrors, requestsForP95, requestsForP99 } = thresholds;
const period = '5m';

/**
 * What clients notice of any route. A route with a latency objective of its own is judged by that alone: a report may take its
 * time.
 */
export function trafficRules(objectives: readonly RouteObjective[]): RuleGroup {
  const own = objectives.filter(({ slo }) => slo.latency !== undefined).map(({ route }) => route);
  const usual = { route: { notMatching: namesMatching(['', ...own]) } };
  const slowerThan = (share: number, seconds: number, least: number): Query<'route'> =>
    combine(
      combine(quantile(share, requestDuration, period, { by: ['route'], where: usual }), '>', seconds),
      'and',
      atLeast(least),
    );
  return {
    name: 'sluice-traffic',
    alerts: [
      {
        name: 'SluiceHighErrorRate',
        when: combine(combine(errorShare(), '>', errorRatio), 'and', atLeast(requestsForErrors)),
        lasts: period,
        severity: 'critical',
        summary: 'Route {{ $labels.route }} fails {{ $value | humanizePercentage }} of its requests',
        description: `More than ${errorRatio * 100} % of the requests were answered with a status of 500 or above for ${period}.`,
        runbook: 'errors',
      },
      {
        name: 'SluiceSlowP95',
        when: slowerThan(0.95, p95Seconds, requestsForP95),
        lasts: period,
        severity: 'warning',
        summary: 'Route {{ $labels.route }} is slow: p95 is {{ $value | humanizeDuration }}',
        description: `5 of 100 requests have taken more than ${p95Seconds} s for ${period}.`,
        runbook: 'latency',
      },
      {
        name: 'SluiceSlowP99',
        when: slowerThan(0.99, p99Seconds, requestsForP99),
        lasts: period,
        severity: 'warning',
        summary: 'Route {{ $labels.route }} is slow: p99 is {{ $value | humanizeDuration }}',
        description: `1 of 100 requests has taken more than ${p99Seconds} s for ${period}.`,
        runbook: 'latency',
      },
    ],
  };
}

/** A regular expression for exactly these names. */
export function namesMatching(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('.', String.raw`\.`)).join('|');
}

function errorShare(): Query<'route'> {
  const failures = rate(requests, period, { route: { not: '' }, status: failed });
  const all = rate(requests, period, { route: { not: '' } });
  return combine(aggregate('sum', failures, ['route']), '/', aggregate('sum', all, ['route']));
}

function atLeast(least: number): Query<'route'> {
  return combine(aggregate('sum', increase(requests, period, { route: { not: '' } }), ['route']), '>=', least);
}
