import type { GatewayConfig } from '@sluice/model';
import { metricText } from '@sluice/service';
import { expect, test } from 'vitest';
import { configOf } from '../compile/testing/plans.ts';
import type { RouteInput } from '../compile/testing/plans.ts';
import type { RoutePlan } from '../compile/plan.ts';
import { withSplit } from '../compile/testing/splits.ts';
import { writeGatewayMetrics } from '../observe/index.ts';
import type { MetricSources } from '../observe/index.ts';
import { createNodeMemory, NodeState, readTelemetry, Telemetry, VersionCounters } from '../state/index.ts';
import { Counters } from './counters.ts';
import { Planner } from './planner.ts';
import { measuredRoute, measuredSplit } from './route-views.ts';

const steps = 50;
const counterFamily = /^# TYPE (\S+) (?:counter|histogram)$/;

/** Numbers that are the same for each seed, in [0, 1). */
function createRandom(seed: number) {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** A node whose configuration changes at random, and whose requests are made up. */
function createNode(seed: number, mostRetired: number) {
  const capacity = { routes: 16, targets: 64, backends: 64, versions: 64, series: 1024, addresses: 64 };
  const memory = createNodeMemory({ workers: 2, capacity });
  const counters = new Counters(memory, mostRetired);
  const planner = new Planner(counters.registry);
  const writers = [0, 1].map((worker) => [new Telemetry(memory, worker), new VersionCounters(memory, worker)] as const);
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const backends = (): RouteInput['backends'] =>
    ['a', 'b'].slice(0, pick([1, 2])).map((name) => ({ name, url: `http://192.0.2.${pick([1, 2, 3])}` }));
  let generation = 0;
  let before: RoutePlan[] = [];

  function randomConfig(): GatewayConfig {
    const names = ['one', 'two', 'three', 'four'].filter(() => random() < 0.6);
    const version = () => configOf(Object.fromEntries(names.map((name) => [name, { backends: backends() }])));
    const [stable, candidate] = [version(), version()];
    return random() < 0.5
      ? stable
      : withSplit(stable, candidate, { epoch: generation, deploymentId: pick(['d', 'e']) });
  }

  function request(plan: RoutePlan): void {
    const [telemetry, versions] = pick(writers);
    const { backend } = pick([...plan.places, ...(plan.split?.places ?? [])]);
    const duration = random() * 1000;
    telemetry.record(pick([backend, -1]), plan.slot, pick(['GET', 'PUT']), pick([200, 404, 503]), duration);
    telemetry.passed(plan.slot, Math.floor(random() * 1e6), 100, pick([0, 1e9]));
    if (random() < 0.3) telemetry.failed(backend);
    if (random() < 0.3) telemetry.retry(backend);
    if (random() < 0.1) telemetry.opened(backend);
    if (random() < 0.1) telemetry.ejected(backend);
    if (random() < 0.3) telemetry.recordUnrouted('GET', 404);
    if (plan.split === undefined) return;
    versions.record(pick(Object.values(plan.split.versions)), pick(['answered', 'failed']), duration);
  }

  return {
    /** Changes the configuration; what the one before began may go on until the next step. */
    step(): void {
      generation++;
      counters.registry.reclaim(generation - pick([1, 2]));
      before = [...planner.routes()];
      planner.plan(planner.compare(randomConfig()), { generation }).accept();
      for (const plan of [...planner.routes(), ...before]) if (random() < 0.7) request(plan);
    },
    running: () => Array.from(planner.routes(), ({ config }) => config.name),
    metrics(): string {
      const telemetry = readTelemetry(memory);
      const sources: MetricSources = {
        telemetry,
        versions: counters.versions,
        past: counters.past(telemetry),
        state: new NodeState(memory, -1),
        now: 0,
        requestsPerSecond: 12.5,
        pools: new Map(),
        expiries: [],
        keySets: [],
        routes: Array.from(planner.routes(), measuredRoute),
        splits: [...planner.splitRoutes()].flatMap(measuredSplit),
        workers: 2,
        revision: generation,
        configRefusals: 0,
        workerRestarts: 0,
        residentBytes: 0,
        cpuSeconds: 0,
      };
      return metricText({ writeMetrics: (to) => writeGatewayMetrics(to, sources) });
    },
  };
}

/** The samples of all counters and histograms. */
function samplesOf(metrics: string): Map<string, number> {
  const samples = new Map<string, number>();
  let isCounted = false;
  for (const line of metrics.trimEnd().split('\n')) {
    if (line.startsWith('# TYPE')) isCounted = counterFamily.test(line);
    else if (isCounted && !line.startsWith('#')) {
      const at = line.lastIndexOf(' ');
      const name = line.slice(0, at);
      if (samples.has(name)) throw new Error(`${name} is there twice`);
      samples.set(name, Number(line.slice(at)));
    }
  }
  return samples;
}

/** Sums by metric; buckets by their bound as well. */
function sumsOf(samples: ReadonlyMap<string, number>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [sample, value] of samples) {
    const metric = `${sample.split('{')[0]} ${/le="[^"]*"/.exec(sample)?.[0] ?? ''}`;
    // In microseconds, which are whole: what is added up here in another order each time must be exact.
    sums.set(metric, (sums.get(metric) ?? 0) + Math.round(value * 1e6));
  }
  return sums;
}

const lowered = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) =>
  [...before].filter(([name, value]) => (after.get(name) ?? 0) < value).map(([name]) => name);

test.each([1, 2])('no counter and no sum goes down, whatever changes (seed %i)', (seed) => {
  const node = createNode(seed, 10_000);
  let before = samplesOf(node.metrics());
  for (let i = 0; i < steps; i++) {
    node.step();
    const after = samplesOf(node.metrics());
    expect(lowered(before, after)).toEqual([]);
    expect(lowered(sumsOf(before), sumsOf(after))).toEqual([]);
    before = after;
  }
  expect(before.get('api_gateway_version_requests_total{route="one",version="stable"}')).toBeGreaterThan(1);
});

test('sums stay right when there is no room for the names of all that is gone, and what runs never goes down', () => {
  const node = createNode(4, 5);
  let before = samplesOf(node.metrics());
  for (let i = 0; i < steps; i++) {
    const ran = node.running();
    node.step();
    const after = samplesOf(node.metrics());
    const goOn = ran.filter((name) => node.running().includes(name));
    const durations = new Set(goOn.map((name) => `api_gateway_request_duration_seconds_sum{route="${name}"}`));
    expect(lowered(before, after).filter((name) => durations.has(name))).toEqual([]);
    expect(lowered(sumsOf(before), sumsOf(after))).toEqual([]);
    before = after;
  }
  expect(before.get('api_gateway_request_duration_seconds_count{route=""}')).toBeGreaterThan(1);
});
