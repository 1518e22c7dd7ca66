// Run: node packages/gateway/src/observe/write-metrics.bench.ts — what a scrape of 1,000 busy routes costs the main thread.
import { metricText } from '@sluice/service';
import type { MetricWriter } from '@sluice/service';
import { OtlpMetrics } from '@sluice/service/otlp';
import {
  createNodeMemory,
  ExemplarReader,
  NodeState,
  readTelemetry,
  Telemetry,
  VersionTelemetry,
} from '../state/index.ts';
import { writeGatewayMetrics } from './write-metrics.ts';
import type { MeasuredRoute } from './write-metrics.ts';

const routeCount = 1000;
const rounds = 30;
const workers = 2;

const memory = createNodeMemory({ workers });
const state = new NodeState(memory, -1);
const versions = new VersionTelemetry(memory);
const exemplars = new ExemplarReader(memory);
const routes = Array.from({ length: routeCount }, (_, slot): MeasuredRoute => {
  const backend = (index: number) => 2 * slot + index;
  const backends = ['a', 'b'].map((name, index) => ({
    name,
    isEnabled: true,
    slots: [backend(index)],
    target: backend(index),
    breaker: backend(index),
  }));
  for (let worker = 0; worker < workers; worker++) {
    const telemetry = new Telemetry(memory, worker);
    for (let index = 0; index < 2; index++) {
      for (const [method, status] of [
        ['GET', 200],
        ['GET', 404],
        ['POST', 201],
        ['POST', 503],
      ] as const)
        telemetry.record(backend(index), slot, method, status, 2 ** (index + worker));
    }
    telemetry.passed(slot, 40, 200, 2000);
  }
  return { name: `route-${slot}`, slot, backends };
});

function write(to: MetricWriter): void {
  writeGatewayMetrics(to, {
    telemetry: readTelemetry(memory),
    versions,
    exemplars,
    state,
    now: 0,
    routes,
    splits: [],
    past: new Map(),
    keySets: [],
    requestsPerSecond: 0,
    pools: new Map(),
    expiries: [],
    workers,
    revision: 1,
    configRefusals: 0,
    workerRestarts: 0,
    residentBytes: 0,
    cpuSeconds: 0,
  });
}

const part = { writeMetrics: write };
const scrapes: Record<string, () => number> = {
  'Prometheus text': () => metricText(part).length,
  'OpenMetrics text': () => metricText(part, 'openmetrics').length,
  'OTLP, encoded': () => {
    const metrics = new OtlpMetrics({ start: 0, now: 1 });
    write(metrics);
    return metrics.take().reduce((sum, { bytes }) => sum + bytes.length, 0);
  },
};

for (const [name, scrape] of Object.entries(scrapes)) {
  let bytes = 0;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    bytes = scrape();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  console.log(`${name.padEnd(18)} ${best.toFixed(1).padStart(6)} ms CPU ${(bytes / 1e6).toFixed(2).padStart(6)} MB`);
}
