import { renderMonitoring } from '@sluice/deploy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, until } from '../kit/index.ts';
import { readVariables, substituted } from './grafana-reader.ts';
import type { ReadDashboard, ReadValue } from './grafana-reader.ts';
import { startMonitoredGateway } from './monitored-gateway.ts';
import type { MonitoredGateway } from './monitored-gateway.ts';
import { startPrometheus } from './start-prometheus.ts';
import type { MonitoringPrometheus } from './start-prometheus.ts';

const filesFor = (managementPort: number) =>
  renderMonitoring({
    targets: [{ scheme: 'http', address: `127.0.0.1:${managementPort}` }],
    alertmanagers: [],
    prometheus: 'http://127.0.0.1:9090',
    runbooks: 'docs/runbooks',
    objectives: [{ route: 'shop', slo: { availability: 99.9, latency: { p99: 500 } } }],
  });

const dashboards = filesFor(0)
  .filter(({ path }) => path.endsWith('.json'))
  .map(({ content }) => JSON.parse(content) as ReadDashboard);

/** What a person chooses where one thing has to be chosen. */
const choices: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Sluice / Route': { route: 'shop' },
  'Sluice / Deployment': { route: 'canary' },
};

let gateway: MonitoredGateway;
let prometheus: MonitoringPrometheus;
/** Until then queries are repeated. They have one time for all of them, so that a gateway without data fails soon. */
let patience: number;

beforeAll(async () => {
  gateway = await startMonitoredGateway();
  prometheus = await startPrometheus(filesFor(gateway.managementPort));
  await until('four scrapes', async () => (await numberOf('count_over_time(up[5m])')) >= 4);
  await gateway.changeConfiguration();
  patience = performance.now() + 60_000;
});

afterAll(async () => {
  await prometheus?.stop();
  await gateway?.close();
});

interface Found {
  readonly result: readonly { readonly value: readonly [number, string] }[];
}

/** The one number of a query at a time, or NaN. */
async function numberOf(query: string, time = Date.now() / 1000): Promise<number> {
  const { result } = await prometheus.ask<Found>('query', { query, time: String(time) });
  return result.length === 1 ? Number(result[0].value[1]) : Number.NaN;
}

interface Drawn {
  readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[];
}

/** Whether there is a number to draw within the last minute, asked as a panel asks. */
async function hasData(query: string): Promise<boolean> {
  const now = Date.now() / 1000;
  const times = { start: String(now - 60), end: String(now), step: '1' };
  const { result } = await prometheus.ask<Drawn>('query_range', { query, ...times });
  return result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
}

test('the rate of a route is that of the requests that were sent', async () => {
  const { templating, panels } = dashboards.find(({ title }) => title === 'Sluice / Route')!;
  const variables = await readVariables({ templating }, { route: 'counted' }, prometheus);
  const [{ expr }] = panels.find(({ title }) => title === 'Requests')!.targets!;
  const counter = 'sum(api_gateway_requests_total{route="counted"})';
  await ask(gateway.proxyPort, '/counted/');
  await until('the first request to be counted', async () => (await numberOf(counter)) === 1);
  const sent = 200;
  for (let index = 0; index < sent; index++) await ask(gateway.proxyPort, '/counted/');
  await until('all requests to be counted', async () => (await numberOf(counter)) === 1 + sent);

  const time = Date.now() / 1000;
  const counted = (await numberOf(substituted(expr, variables), time)) * 5 * 60;
  const scrapes = await numberOf('count_over_time(api_gateway_requests_total{route="counted"}[5m])', time);
  // Prometheus adds up to 1.1 intervals between scrapes on each side (promql/functions.go, extrapolatedRate).
  expect(counted).toBeGreaterThan(sent - 0.001);
  expect(counted).toBeLessThan(sent * (1 + 2.2 / (scrapes - 1)) + 0.001);
});

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))('%s', (title, dashboard) => {
  let variables: Record<string, ReadValue>;

  beforeAll(async () => {
    variables = await until('each variable to have values', async () => {
      const read = await readVariables(dashboard, choices[title] ?? {}, prometheus);
      return Object.values(read).every(({ values }) => values.length > 0) && read;
    });
  });

  const queries = dashboard.panels.flatMap(({ title: panel, repeat, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ name: `${panel}: ${legendFormat}`, expr, repeat })),
  );
  test.each(queries)('$name', async ({ expr, repeat }) => {
    for (const values of repeat === undefined ? [variables] : repeated(repeat, variables)) {
      const query = substituted(expr, values);
      await expect.poll(() => hasData(query), { timeout: timeLeft(), message: query }).toBe(true);
    }
  });

  const marks = dashboard.annotations.list.flatMap(({ name, target: { expr } }) =>
    expr === undefined ? [] : [{ name, expr }],
  );
  test.each(marks)('marks of $name', async ({ expr }) => {
    const query = substituted(expr, variables);
    await expect.poll(() => hasData(query), { timeout: timeLeft(), message: query }).toBe(true);
  });
});

interface Traced {
  readonly exemplars: readonly { readonly labels: { readonly trace_id?: string } }[];
}

test('the heatmap of the overview leads to the traces of single requests', async () => {
  const [overview] = dashboards;
  const [{ expr }] = overview.panels.find(({ type }) => type === 'heatmap')!.targets!;
  const query = substituted(expr, await readVariables(overview, {}, prometheus));
  const traces = await until('exemplars', async () => {
    const now = Date.now() / 1000;
    const times = { start: String(now - 300), end: String(now) };
    const found = await prometheus.ask<readonly Traced[]>('query_exemplars', { query, ...times });
    return found.length > 0 && found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
  });
  for (const trace of traces) expect(trace).toMatch(/^[\da-f]{32}$/);
});

/** The variables of each panel that Grafana makes of one that is repeated. */
function repeated(name: string, variables: Record<string, ReadValue>): Record<string, ReadValue>[] {
  return variables[name].values.map((text) => ({ ...variables, [name]: { values: [text], text } }));
}

/** Long enough in any case for what is there already, on a busy machine. */
function timeLeft(): number {
  return Math.max(20_000, patience - performance.now());
}
