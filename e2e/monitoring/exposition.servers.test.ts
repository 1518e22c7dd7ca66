import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { startPrometheus } from './start-prometheus.ts';

interface Exemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: object; readonly value: string }[];
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

let backend: HttpBackend;
let sluice: Sluice;
beforeAll(async () => {
  backend = await startHttpBackend('a');
  sluice = await startSluice({
    tracing: { otlpUrl: 'http://127.0.0.1:1', sampleRate: 1 },
    routes: [{ name: 'orders', pathPattern: '/**', backends: [{ name: 'a', url: backend.url }] }],
  });
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await ask(sluice.proxyPort, '/', { headers });
  await sluice.counted();
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
});

test('promtool finds nothing in what a busy gateway with control measures', async () => {
  const text = await (await fetch(`http://127.0.0.1:${sluice.managementPort}/metrics`)).text();
  expect(text).toContain('api_gateway_request_overhead_seconds_count{route="orders"} 1');
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect({ output: stdout + stderr, status }).toEqual({ output: '', status: 0 });
});

test('a real Prometheus, which asks for OpenMetrics, takes the trace of a request as an exemplar', async () => {
  const target = `127.0.0.1:${sluice.managementPort}`;
  const content = `scrape_configs: [{ job_name: sluice, scrape_interval: 500ms, static_configs: [{ targets: ["${target}"] }] }]`;
  const prometheus = await startPrometheus([{ path: 'prometheus.yml', content }]);
  try {
    const names = ['api_gateway_request_duration_seconds', 'api_gateway_request_overhead_seconds'];
    for (const name of names) {
      const parameters = { query: `${name}_bucket`, start: '0', end: String(Date.now() / 1000 + 3600) };
      const found = async () => prometheus.ask<readonly Exemplars[]>('query_exemplars', parameters);
      await expect
        .poll(found)
        .toMatchObject([{ seriesLabels: { route: 'orders' }, exemplars: [{ labels: { trace_id: traceId } }] }]);
    }
  } finally {
    await prometheus.stop();
  }
});
