import { expect, test } from 'vitest';
import {
  absent,
  aggregate,
  average,
  combine,
  countRate,
  current,
  increase,
  quantile,
  rate,
  resets,
  scalar,
  secondsUntil,
  sumRate,
  top,
} from './query.ts';
import type { Query } from './query.ts';
import { processMetrics, tlsMetrics, trafficMetrics } from './traffic-metrics.ts';

const { requests, requestDuration, breakerState } = trafficMetrics;

test('a query is PromQL of the metrics that are declared', () => {
  const all = rate(requests, '5m', { route: 'orders', status: { notMatching: '5..' } });
  expect(all.promql).toBe('rate(api_gateway_requests_total{route="orders",status!~"5.."}[5m])');
  const share = combine(aggregate('sum', all, ['route']), '/', aggregate('sum', rate(requests, '5m'), ['route']));
  expect(combine(share, '>', 0.05).promql).toBe(
    `((sum by (route) (${all.promql})) / (sum by (route) (rate(api_gateway_requests_total[5m])))) > 0.05`,
  );
  expect(quantile(0.95, requestDuration, '$__rate_interval', { by: ['route'], where: { route: { not: '' } } })).toEqual(
    {
      promql:
        'histogram_quantile(0.95, sum by (route, le) (rate(api_gateway_request_duration_seconds_bucket{route!=""}[$__rate_interval])))',
      labels: ['route'],
      unit: { of: 'seconds', perSecond: false },
    },
  );
  expect(current(breakerState, { backend: 'a"\\b' }).promql).toBe(
    String.raw`api_gateway_circuit_breaker_state{backend="a\"\\b"}`,
  );
});

test('what is not there, what began anew, and what is compared with one value', () => {
  expect(absent(current(breakerState, { job: 'sluice' })).promql).toBe(
    'absent(api_gateway_circuit_breaker_state{job="sluice"})',
  );
  expect(resets(processMetrics.cpu, '15m').promql).toBe('resets(process_cpu_seconds_total[15m])');
  expect(average(breakerState, '1h', { route: 'orders' }).promql).toBe(
    'avg_over_time(api_gateway_circuit_breaker_state{route="orders"}[1h])',
  );
  expect(secondsUntil(current(tlsMetrics.certificateExpiry)).promql).toBe(
    '(api_gateway_tls_certificate_expiry_timestamp_seconds) - time()',
  );
  const newest = scalar(aggregate('max', current(processMetrics.configRevision)));
  expect(combine(current(breakerState), '<', newest)).toMatchObject({
    promql: '(api_gateway_circuit_breaker_state) < (scalar(max (api_gateway_config_revision)))',
    labels: ['route', 'backend'],
  });
});

test('what a metric is not, and what it has not, does not compile', () => {
  // @ts-expect-error A gauge has no rate.
  expect(rate(processMetrics.heapUsed, '5m')).toBeDefined();
  // @ts-expect-error It has no such label.
  expect(rate(requests, '5m', { consumer: 'shop' })).toBeDefined();
  const byRoute = aggregate('sum', rate(requests, '5m'), ['route']);
  const byBackend = aggregate('sum', rate(requests, '5m'), ['backend']);
  // @ts-expect-error The label is gone after the first sum.
  expect(aggregate('sum', byRoute, ['backend'])).toBeDefined();
  // @ts-expect-error The two have different labels.
  expect(combine(byRoute, '/', byBackend)).toBeDefined();
});

test.each<[string, Query, string]>([
  ['a gauge', current(processMetrics.residentMemory), 'bytes'],
  ['a state', current(breakerState), 'count'],
  ['a rate', top(3, rate(requests, '5m')), 'count in each second'],
  ['a rate of seconds', aggregate('sum', rate(processMetrics.cpu, '5m')), 'seconds in each second'],
  ['an increase', increase(requests, '5m'), 'count'],
  ['a quantile', quantile(0.5, requestDuration, '5m'), 'seconds'],
  ['a mean', combine(sumRate(requestDuration, '5m'), '/', countRate(requestDuration, '5m')), 'seconds'],
  ['a share', combine(rate(requests, '5m', { status: '500' }), '/', rate(requests, '5m')), 'ratio'],
  ['half of it', combine(current(processMetrics.residentMemory), '/', 2), 'bytes'],
  ['how many there are', aggregate('count', current(processMetrics.heapUsed)), 'count'],
])('the unit of %s', (_what, { unit }, expected) => {
  expect(`${unit.of}${unit.perSecond ? ' in each second' : ''}`).toBe(expected);
});
