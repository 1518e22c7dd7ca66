import { metricText } from '@sluice/service';
import { expect, test } from 'vitest';
import {
  createNodeMemory,
  ExemplarReader,
  ExemplarWriter,
  NodeState,
  placeOfOutcome,
  PoolCounts,
  PoolTelemetry,
  readTelemetry,
  Telemetry,
  VersionTelemetry,
} from '../state/index.ts';
import { limitCell } from '../state/limit-table.ts';
import { writeGatewayMetrics } from './write-metrics.ts';
import type { MeasuredRoute, MetricSources } from './write-metrics.ts';

const settings = { failureThreshold: 1, timeout: 1000, halfOpenRequests: 1 };

/** A node of two workers on which a little of everything has happened. */
function busyNode(): MetricSources {
  const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };
  const memory = createNodeMemory({ workers: 2, capacity });
  const [state, other] = [new NodeState(memory, 0), new NodeState(memory, 1)];
  const [first, second] = [new Telemetry(memory, 0), new Telemetry(memory, 1)];
  for (const duration of [0.1, 0.3, 4, 4, 90_000]) first.record(0, 0, 'GET', 200, duration);
  second.record(1, 0, 'POST', 502, 30);
  second.record(-1, 0, 'GET', 503, 0.05);
  second.record(2, 1, 'BREW', 200, 1);
  second.recordUnrouted('GET', 404);
  for (const overhead of [9, 30, 30, 700]) first.passed(0, overhead, 120, 1400);
  second.passed(1, 2_000_000, 90, 5_000_000);
  const traced = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', durationMs: 4, overheadUs: 700, at: 1_700_000_000_250 };
  new ExemplarWriter(memory, 0).record(0, -1, traced);
  second.failed(1);
  first.retry(1);
  first.opened(1);
  second.ejected(2);
  const figures = { open: 3, idle: 2, opened: 4, reused: 100, waits: 1 };
  new PoolCounts(memory.telemetry[0]).report([['10.0.0.1:80', figures]]);
  new PoolCounts(memory.telemetry[1]).report([
    ['10.0.0.1:80', figures],
    ['b.example', { ...figures, waits: 0 }],
  ]);
  for (const outcome of ['full', 'resumed', 'resumed', 'failed'] as const) second.handshake(outcome);
  first.reject('CIRCUIT_OPEN');
  first.connection();
  for (const tier of ['gold', 'anonymous', 'gold']) second.tier(tier);
  other.helpers.count('introspection', 'answered');
  state.helpers.count('introspection', 'skipped');
  state.policyCounts.add(1, placeOfOutcome('authorization refused'));
  other.policyCounts.add(1, placeOfOutcome('authorization refused'));
  other.limited.count(0, 'SlidingWindow', 'free');
  state.limited.count(0, 'SlidingWindow', 'free');
  state.limited.count(0, 'dailyQuota', undefined);
  state.redis.setStanding(0, 'there');
  other.redis.setStanding(1, 'away');
  other.redis.setNodes(3, 1);
  state.redis.called(0, 1.5, false);
  other.redis.called(1, 100, true);
  for (const decider of ['redis', 'redis', 'localShare'] as const) state.redis.decided(0, decider);
  state.connections.opened(1, { total: 0, perAddress: 0 });
  other.enterGateway(0);
  state.breakers.report(1, settings, false, 0);
  state.health.set(1, 'Unhealthy');
  other.vitals.addGc(1, 'minor', 1.5);
  other.vitals.addGc(1, 'minor', 2);
  other.vitals.addDropped(1, 7);
  other.reportLoop(12.5, 30_000_000, 2_000_000);
  for (const [caller, used] of [8, 9, 10].entries()) useQuota(state, caller, used);
  const routes: MeasuredRoute[] = [
    {
      name: 'users',
      slot: 0,
      adaptive: { minLimit: 5, maxLimit: 100 },
      hasQuota: true,
      backends: [
        { name: 'a', isEnabled: true, slots: [0], target: 0, breaker: 0 },
        { name: 'b', isEnabled: true, slots: [1], target: 1, breaker: 1 },
      ],
    },
    {
      name: 'odd "name" \\ with\nline',
      slot: 1,
      backends: [{ name: 'c', isEnabled: true, slots: [2], target: 2, breaker: undefined }],
    },
    { name: 'idle', slot: 2, backends: [{ name: 'd', isEnabled: false, slots: [3], target: 3, breaker: undefined }] },
  ];
  return {
    telemetry: readTelemetry(memory),
    versions: new VersionTelemetry(memory),
    exemplars: new ExemplarReader(memory),
    splits: [],
    past: new Map(),
    state,
    now: 10,
    requestsPerSecond: 12.5,
    pools: new PoolTelemetry(memory).read(),
    expiries: [{ serverName: 'shop.example', at: 1_800_000_000_000 }],
    keySets: [
      { host: 'id.example', ageMs: 2500, failures: 0 },
      { host: 'id.example', ageMs: 61_000, failures: 2 },
      { host: 'new.example', ageMs: undefined, failures: 1 },
    ],
    routes,
    workers: 2,
    revision: 7,
    configRefusals: 1,
    workerRestarts: 0,
    residentBytes: 104_857_600,
    cpuSeconds: 1.25,
  };
}

/** A caller has used this much of a daily quota of 10. */
function useQuota({ limits: { quotas } }: NodeState, caller: number, used: number): void {
  const at = quotas.claim(quotas.setOf(caller), caller, 1, 0);
  quotas.ints[at + limitCell.used] = used;
  quotas.halves[at + limitCell.limit] = 10;
  quotas.asked(at, 64, false);
  quotas.floats[(at + limitCell.until) >> 1] = 1000;
}

function textOf(sources: MetricSources, format?: 'openmetrics'): string {
  return metricText({ writeMetrics: (to) => writeGatewayMetrics(to, sources) }, format);
}

test('metrics are Prometheus text, as kept in fixtures/metrics.txt', async () => {
  await expect(textOf(busyNode())).toMatchFileSnapshot('./fixtures/metrics.txt');
});

test('quotas of yesterday, and of routes that are gone, are not counted', () => {
  const node = busyNode();
  expect(textOf(node)).toContain('api_gateway_quota_near_callers 2\n');
  expect(textOf({ ...busyNode(), now: 1001 })).toContain('api_gateway_quota_near_callers 0\n');
  const routes = node.routes.map((route) => ({ ...route, hasQuota: false }));
  expect(textOf({ ...busyNode(), routes })).not.toContain('quota_near');
});

test('as OpenMetrics, the same samples follow the units of their families', () => {
  const samplesIn = (text: string): string[] =>
    text.split('\n').flatMap((line) => (line.startsWith('#') ? [] : line.replace(/ # .*/, '')));
  const text = textOf(busyNode(), 'openmetrics');
  expect(samplesIn(text)).toEqual(samplesIn(textOf(busyNode())));
  expect(text).toContain(
    '# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n# HELP process_cpu_seconds ',
  );
  expect(text.endsWith('\n# EOF\n')).toBe(true);
});

test('as OpenMetrics, the bucket of a traced exchange names its trace', () => {
  const named = (text: string): string[] => text.split('\n').filter((line) => line.includes(' # '));
  const trace = '# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"}';
  expect(named(textOf(busyNode(), 'openmetrics'))).toEqual([
    `api_gateway_request_duration_seconds_bucket{route="users",le="0.004096"} 5 ${trace} 0.004 1700000000.25`,
    `api_gateway_request_overhead_seconds_bucket{route="users",le="0.001024"} 4 ${trace} 0.0007 1700000000.25`,
  ]);
  expect(named(textOf(busyNode()))).toEqual([]);
  expect(named(textOf({ ...busyNode(), exemplars: undefined }, 'openmetrics'))).toEqual([]);
});

test('every sample is well-formed, and follows the one announcement of its family', () => {
  const label = '[a-z_]+="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
  const sample = new RegExp(`^([a-z_]+)(?:\\{${label}(?:,${label})*\\})? [0-9.e+-]+$`);
  const families = textOf(busyNode())
    .trimEnd()
    .split(/^# HELP .*\n/m)
    .slice(1);
  const names = families.map((family) => {
    const [announcement, ...samples] = family.trimEnd().split('\n');
    const [, name, type] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(announcement) ?? [];
    const suffix = type === 'histogram' ? /_(?:bucket|sum|count)$/ : /$/;
    const sampled = new Set(samples.map((line) => sample.exec(line)?.[1].replace(suffix, '') ?? line));
    expect(sampled).toEqual(new Set([name]));
    return name;
  });
  expect(names.length).toBeGreaterThan(15);
  expect(new Set(names).size).toBe(names.length);
});

test('histogram buckets are cumulative and end with the count', () => {
  const lines = textOf(busyNode())
    .split('\n')
    .filter((line) => line.includes('duration_seconds') && line.includes('"users"'));
  const counts = lines.filter((line) => line.includes('_bucket')).map((line) => Number(line.split(' ').at(-1)));
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(counts.slice(0, 2)).toEqual([2, 3]);
  expect(counts.at(-2)).toBe(6);
  expect(counts.at(-1)).toBe(7);
  expect(lines.at(-1)).toMatch(/_count\{route="users"\} 7$/);
});
