import {
  controlMetrics,
  deliveryMetrics,
  limitMetrics,
  nodeMetrics,
  processMetrics,
  quotaMetrics,
  redisMetrics,
  tlsMetrics,
  trafficMetrics,
} from '@sluice/model/metrics';
import { describe, expect, test } from 'vitest';
import { up } from './process-rules.ts';
import { ruleFiles, ruleGroups } from './rule-files.ts';
import { simulate } from './testing/promtool.ts';
import type { FiringAlert, Situation } from './testing/promtool.ts';
import { constant, growing, seriesOf } from './testing/situations.ts';

const reports = { route: 'reports', slo: { latency: { p95: 5000 } } };
const rules = ruleFiles({ objectives: [reports], runbooks: 'docs/runbooks' });
const alerts = Object.values(ruleGroups({ objectives: [] })).flatMap((groups) =>
  groups.flatMap((group) => group.alerts ?? []),
);

/** A moment with what fires then, as the name of an alert and its labels besides the severity. */
type Row = readonly [
  what: string,
  at: Situation['at'],
  series: Situation['series'],
  ...firing: (readonly [name: string, labels: Readonly<Record<string, string>>])[],
];

const a = { instance: 'a' } as const;
const node = { ...a, job: 'sluice' } as const;

/** The requests of a route in each minute, by status. */
function requests(route: string, byStatus: Readonly<Record<string, number>>, minutes = 20): Record<string, string> {
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, perMinute]) => [
      seriesOf(trafficMetrics.requests, { ...a, route, backend: 'b', method: 'GET', status }),
      growing([minutes, perMinute]),
    ]),
  );
}

/** Durations of a route: of the requests in each minute, how many end within each bound. */
function durations(route: string, byBound: Readonly<Record<string, number>>): Record<string, string> {
  const perMinute = Math.max(...Object.values(byBound));
  const buckets = Object.entries({ ...byBound, '+Inf': perMinute }).map(([le, count]) => [
    seriesOf(trafficMetrics.requestDuration, { ...a, route, le }, '_bucket'),
    growing([20, count]),
  ]);
  return { ...(Object.fromEntries(buckets) as Record<string, string>), ...requests(route, { 200: perMinute }) };
}

const day = 86_400;

/** When a certificate expires. A simulation begins in 1970. */
function expiry(name: string): string {
  return seriesOf(tlsMetrics.certificateExpiry, { ...a, server_name: name });
}

const rows: readonly Row[] = [
  [
    '6 % of the requests fail',
    '12m',
    requests('orders', { 200: 94, 500: 6 }),
    ['SluiceHighErrorRate', { route: 'orders' }],
  ],
  ['4 % fail', '12m', requests('orders', { 200: 96, 500: 4 })],
  ['6 % fail for three minutes', '4m', requests('orders', { 200: 94, 500: 6 })],
  ['all fail, which are three a minute', '12m', requests('orders', { 500: 3 })],
  [
    'all of another route fail',
    '12m',
    { ...requests('orders', { 200: 100 }), ...requests('carts', { 503: 10 }) },
    ['SluiceHighErrorRate', { route: 'carts' }],
  ],
  ['clients send nonsense', '12m', requests('orders', { 200: 10, 404: 90 })],
  ['no route matches', '12m', requests('', { 503: 100 })],

  [
    'p95 is 1.6 s',
    '12m',
    durations('orders', { '0.524288': 45, '1.048576': 45, '2.097152': 50 }),
    ['SluiceSlowP95', { route: 'orders' }],
  ],
  ['p95 is 0.9 s', '12m', durations('orders', { '0.524288': 46, '1.048576': 48, '2.097152': 50 })],
  ['p95 is 1.6 s for three minutes', '4m', durations('orders', { '0.524288': 45, '1.048576': 45, '2.097152': 50 })],
  ['p95 is 1.6 s of three requests a minute', '12m', durations('orders', { '0.524288': 0, '2.097152': 3 })],
  ['p95 is 1.6 s where more is promised', '12m', durations('reports', { '0.524288': 45, '2.097152': 50 })],
  [
    'p99 is 3.1 s',
    '12m',
    durations('orders', { '0.524288': 49, '2.097152': 49, '4.194304': 50 }),
    ['SluiceSlowP99', { route: 'orders' }],
  ],
  ['p99 is 1.6 s', '12m', durations('orders', { '0.524288': 49, '1.048576': 49, '2.097152': 50 })],
  ['p99 is 3.1 s for three minutes', '4m', durations('orders', { '0.524288': 49, '4.194304': 50 })],
  ['p99 is 3.1 s of ten requests a minute', '12m', durations('orders', { '0.524288': 9.8, '4.194304': 10 })],

  ['a process does not answer', '4m', { [seriesOf(up, node)]: constant([5, 0]) }, ['SluiceDown', node]],
  ['it does not answer for a minute', '2m', { [seriesOf(up, node)]: constant([1, 1], [4, 0]) }],
  ['another job does not answer', '4m', { [seriesOf(up, { ...node, job: 'shop' })]: constant([5, 0]) }],
  ['it answers', '20m', {}],

  [
    'all backends of a route are out',
    '4m',
    {
      [seriesOf(trafficMetrics.backendsHealthy, { ...a, route: 'orders' })]: constant([5, 0]),
      [seriesOf(trafficMetrics.backendHealthy, { ...a, route: 'orders', backend: 'one' })]: constant([5, 0]),
    },
    ['SluiceNoBackend', { ...a, route: 'orders' }],
    ['SluiceBackendDown', { ...a, route: 'orders', backend: 'one' }],
  ],
  [
    'one of two is out',
    '4m',
    {
      [seriesOf(trafficMetrics.backendsHealthy, { ...a, route: 'orders' })]: constant([5, 1]),
      [seriesOf(trafficMetrics.backendHealthy, { ...a, route: 'orders', backend: 'one' })]: constant([5, 0]),
      [seriesOf(trafficMetrics.backendHealthy, { ...a, route: 'orders', backend: 'two' })]: constant([5, 1]),
    },
    ['SluiceBackendDown', { ...a, route: 'orders', backend: 'one' }],
  ],
  [
    'one is out for a minute',
    '4m',
    {
      [seriesOf(trafficMetrics.backendsHealthy, { ...a, route: 'orders' })]: constant([3, 1], [1, 0], [1, 1]),
      [seriesOf(trafficMetrics.backendHealthy, { ...a, route: 'orders', backend: 'one' })]: constant(
        [3, 1],
        [1, 0],
        [1, 1],
      ),
    },
  ],
  [
    'a breaker goes between open and half-open',
    '4m',
    {
      [seriesOf(trafficMetrics.breakerState, { ...a, route: 'orders', backend: 'one' })]: '1 2 1 2 1 2',
      [seriesOf(trafficMetrics.breakerState, { ...a, route: 'orders', backend: 'two' })]: '0 0 0 0 0 0',
    },
    ['SluiceBreakerOpen', { ...a, route: 'orders', backend: 'one' }],
  ],
  [
    'a breaker closes again',
    '4m',
    { [seriesOf(trafficMetrics.breakerState, { ...a, route: 'orders', backend: 'one' })]: '0 0 1 0 1 0' },
  ],

  [
    'certificates expire in a day, in ten days and in three weeks',
    '10m',
    {
      [expiry('one.example')]: constant([12, day]),
      [expiry('ten.example')]: constant([12, 10 * day]),
      [expiry('weeks.example')]: constant([12, 21 * day]),
    },
    ['SluiceCertificateExpiring', { ...a, server_name: 'one.example' }],
    ['SluiceCertificateAlmostExpired', { ...a, server_name: 'one.example' }],
    ['SluiceCertificateExpiring', { ...a, server_name: 'ten.example' }],
  ],
  ['a certificate that expires is replaced', '10m', { [expiry('one.example')]: constant([3, day], [9, 90 * day]) }],
  [
    'one worker crashed',
    '10m',
    { [seriesOf(processMetrics.workerRestarts, a)]: constant([5, 0], [6, 1]) },
    ['SluiceWorkerCrashed', a],
  ],
  ['one crashed half an hour ago', '35m', { [seriesOf(processMetrics.workerRestarts, a)]: constant([5, 0], [40, 1]) }],
  [
    'two workers crashed',
    '14m',
    { [seriesOf(processMetrics.workerRestarts, a)]: constant([5, 0], [5, 1], [5, 2]) },
    ['SluiceWorkerCrashed', a],
  ],
  [
    'three workers crashed',
    '14m',
    { [seriesOf(processMetrics.workerRestarts, a)]: constant([5, 0], [3, 1], [3, 2], [4, 3]) },
    ['SluiceWorkerCrashed', a],
    ['SluiceCrashLooping', a],
  ],
  [
    'a process began three times',
    '14m',
    { [seriesOf(processMetrics.cpu, node)]: '1 2 1 2 3 1 2 1 2 2 2 2 2 2 2' },
    ['SluiceCrashLooping', node],
  ],
  ['a process began twice', '14m', { [seriesOf(processMetrics.cpu, node)]: '1 2 1 2 3 1 2 3 4 4 4 4 4 4 4' }],
  [
    'a worker is late',
    '10m',
    {
      [seriesOf(processMetrics.eventLoopLag, { ...a, worker: '0' })]: constant([12, 0.08]),
      [seriesOf(processMetrics.eventLoopLag, { ...a, worker: '1' })]: constant([12, 0.04]),
    },
    ['SluiceOverloaded', { ...a, worker: '0' }],
  ],
  [
    'a worker is late for three minutes',
    '4m',
    { [seriesOf(processMetrics.eventLoopLag, { ...a, worker: '0' })]: constant([1, 0], [5, 0.08]) },
  ],
  [
    'a configuration was refused',
    '8m',
    { [seriesOf(processMetrics.configRefusals, a)]: constant([4, 0], [6, 1]) },
    ['SluiceConfigurationRefused', a],
  ],
  ['one was refused a while ago', '20m', { [seriesOf(processMetrics.configRefusals, a)]: constant([4, 0], [20, 1]) }],

  [
    'a caller is near the end of a quota',
    '1m',
    { [seriesOf(quotaMetrics.nearCallers, a)]: '0 2' },
    ['SluiceQuotaNear', a],
  ],
  ['no caller is', '5m', { [seriesOf(quotaMetrics.nearCallers, a)]: constant([6, 0]) }],
  [
    'callers are refused for a quota',
    '12m',
    { [seriesOf(limitMetrics.limited, { ...a, route: 'orders', kind: 'dailyQuota', tier: 'free' })]: growing([14, 1]) },
    ['SluiceQuotaSpent', { route: 'orders' }],
  ],
  [
    'callers are refused for a rate',
    '12m',
    {
      [seriesOf(limitMetrics.limited, { ...a, route: 'orders', kind: 'SlidingWindow', tier: 'free' })]: growing([
        14, 1,
      ]),
    },
  ],
  [
    'the node is full',
    '14m',
    { [seriesOf(trafficMetrics.rejections, { ...a, reason: 'TOO_MANY_CONNECTIONS' })]: growing([16, 60]) },
    ['SluiceTurnsAway', { ...a, reason: 'TOO_MANY_CONNECTIONS' }],
  ],
  [
    'the node was full once',
    '14m',
    { [seriesOf(trafficMetrics.rejections, { ...a, reason: 'TOO_MANY_CONNECTIONS' })]: growing([16, 2]) },
  ],
  [
    'callers are not known',
    '14m',
    { [seriesOf(trafficMetrics.rejections, { ...a, reason: 'UNAUTHORIZED' })]: growing([16, 600]) },
  ],
  ['limits do without Redis', '3m', { [seriesOf(redisMetrics.up, a)]: constant([5, 0]) }, ['SluiceRedisAway', a]],
  ['Redis was away for a scrape', '3m', { [seriesOf(redisMetrics.up, a)]: '1 1 0 1 1' }],

  [
    'the store is away',
    '3m',
    { [seriesOf(controlMetrics.storeReachable, a)]: constant([5, 0]) },
    ['SluiceStoreAway', a],
  ],
  ['the store was away for a scrape', '3m', { [seriesOf(controlMetrics.storeReachable, a)]: '1 1 0 1 1' }],
  ['the bus is away', '3m', { [seriesOf(controlMetrics.busConnected, a)]: constant([5, 0]) }, ['SluiceBusAway', a]],
  ['the bus was away for a scrape', '3m', { [seriesOf(controlMetrics.busConnected, a)]: '1 1 0 1 1' }],
  [
    'nobody leads',
    '3m',
    {
      [seriesOf(controlMetrics.leading, a)]: constant([5, 0]),
      [seriesOf(controlMetrics.leading, { instance: 'b' })]: constant([5, 0]),
    },
    ['SluiceNoLeader', {}],
  ],
  [
    'another process took the lead',
    '3m',
    {
      [seriesOf(controlMetrics.leading, a)]: constant([2, 1], [3, 0]),
      [seriesOf(controlMetrics.leading, { instance: 'b' })]: constant([2, 0], [3, 1]),
    },
  ],
  [
    'a node refuses the revision',
    '4m',
    { [seriesOf(controlMetrics.nodesConverged, a)]: constant([6, 0]) },
    ['SluiceNotConverged', {}],
  ],
  ['a revision is on its way', '4m', { [seriesOf(controlMetrics.nodesConverged, a)]: '1 1 1 0 1 1' }],
  [
    'a node is behind',
    '8m',
    {
      [seriesOf(controlMetrics.revision, { instance: 'c' })]: constant([10, 7]),
      [seriesOf(processMetrics.configRevision, a)]: constant([10, 6]),
      [seriesOf(processMetrics.configRevision, { instance: 'b' })]: constant([10, 7]),
    },
    ['SluiceNodeStale', a],
  ],
  [
    'a node is behind for two minutes',
    '8m',
    {
      [seriesOf(controlMetrics.revision, { instance: 'c' })]: constant([6, 6], [4, 7]),
      [seriesOf(processMetrics.configRevision, a)]: constant([8, 6], [2, 7]),
    },
  ],
  ['there is no control plane', '8m', { [seriesOf(processMetrics.configRevision, a)]: constant([10, 3]) }],
  [
    'a node does not trust the store',
    '3m',
    { [seriesOf(nodeMetrics.withheld, a)]: constant([5, 1]) },
    ['SluiceNodeWithheld', a],
  ],
  ['it did not for a scrape', '3m', { [seriesOf(nodeMetrics.withheld, a)]: '0 0 1 0 0' }],
  [
    'a deployment waits for a person',
    '40m',
    { [seriesOf(deliveryMetrics.awaitingPerson, a)]: constant([45, 1]) },
    ['SluiceDeploymentWaiting', {}],
  ],
  ['it waits for ten minutes', '40m', { [seriesOf(deliveryMetrics.awaitingPerson, a)]: constant([30, 0], [12, 1]) }],
  [
    'nothing is known of deployments',
    '40m',
    { [seriesOf(deliveryMetrics.awaitingPerson, a)]: Array.from({ length: 45 }, () => 'NaN').join(' ') },
  ],
];

/** Labels with the severity that the alert is declared with. */
function withSeverity(name: string, labels: Readonly<Record<string, string>> = {}): FiringAlert {
  const severity = alerts.find((alert) => alert.name === name)?.severity ?? 'unknown';
  return [name, { severity, ...labels }];
}

describe('alerts fire in their situation, and in no other', () => {
  test.each(rows.map(([what, ...situation]) => ({ what, situation })))('$what', async ({ situation }) => {
    const [at, series, ...firing] = situation;
    const isScraped = Object.keys(series).some((name) => name.startsWith('up{'));
    const all = isScraped ? series : { ...series, [seriesOf(up, node)]: constant([60, 1]) };
    const wanted = firing.map(([name, labels]) => withSeverity(name, labels));
    const { code, text } = await simulate(rules, { at, series: all, firing: wanted });
    expect(text).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('without any target, that is said', async () => {
    const silent = await simulate(rules, { at: '4m', series: {}, firing: [] });
    expect(silent).toMatchObject({ code: 0 });
    const found = await simulate(rules, {
      at: '6m',
      series: {},
      firing: [withSeverity('SluiceAbsent', { job: 'sluice' })],
    });
    expect(found).toMatchObject({ code: 0 });
  });

  test('each has a situation here', () => {
    const shown = new Set(rows.flatMap(([, , , ...firing]) => firing.map(([name]) => name)));
    expect(alerts.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual(['SluiceAbsent']);
  });

  test('an expectation that is wrong is found', async () => {
    const { code } = await simulate(rules, { at: '20m', series: {}, firing: [] });
    expect(code).toBe(1);
  });
});
