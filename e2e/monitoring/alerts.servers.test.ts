import { renderMonitoring } from '@sluice/deploy';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, freePort, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { startPrometheus } from './start-prometheus.ts';
import type { MonitoringPrometheus } from './start-prometheus.ts';
import { startServer } from './start-server.ts';
import type { MonitoringServer } from './start-server.ts';

/** An alert, as Prometheus and Alertmanager tell of it. */
interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What Alertmanager sends to a webhook. */
interface Told {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly Alert[];
}

/** The fastest burn rate of an objective, with seconds in the place of minutes. */
const burn = {
  base: '5s',
  interval: '1s',
  rates: [{ long: '20s', short: '5s', factor: 14.4, severity: 'critical' }],
} as const;

const told: Told[] = [];
const webhook = createServer((request, response) => {
  void text(request).then((body) => {
    told.push(JSON.parse(body) as Told);
    response.end();
  });
});
let backend: HttpBackend;
let sluice: Sluice;
let alertmanager: MonitoringServer;
let prometheus: MonitoringPrometheus;
let deadPort: number;
let isSending = true;
let sending: Promise<void>;

beforeAll(async () => {
  await once(webhook.listen(0, '127.0.0.1'), 'listening');
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => {
    response.statusCode = request.url?.startsWith('/orders') ? 500 : 200;
    response.end();
  };
  deadPort = await freePort();
  const slo = { availability: 99.9 };
  const backends = [{ name: 'one', url: backend.url }];
  const healthCheck = { type: 'Http', endpoint: '/', interval: '1s', timeout: '1s', unhealthyThreshold: 1 } as const;
  sluice = await startSluice({
    proxy: { workers: 1, accessLog: { failures: false } },
    routes: [
      { name: 'orders', pathPattern: '/orders/**', slo, backends },
      { name: 'carts', pathPattern: '/carts/**', slo, backends },
      {
        name: 'gone',
        pathPattern: '/gone/**',
        backends: [{ name: 'none', url: `http://127.0.0.1:${deadPort}`, healthCheck }],
      },
    ],
  });
  const files = filesFor();
  alertmanager = await startServer('prometheus-alertmanager', files, (folder) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    '--cluster.listen-address=',
  ]);
  prometheus = await startPrometheus(filesFor(alertmanager.url));
  sending = send();
});

afterAll(async () => {
  isSending = false;
  await sending;
  await prometheus?.stop();
  await alertmanager?.stop();
  await sluice?.stop();
  await backend?.close();
  webhook.close();
});

/** The files of `sluice monitoring`, with seconds in the place of minutes. */
function filesFor(alertmanagerUrl = 'http://127.0.0.1:9093') {
  const input = {
    targets: [sluice.managementPort, deadPort].map((port) => ({
      scheme: 'http' as const,
      address: `127.0.0.1:${port}`,
    })),
    alertmanagers: [{ scheme: 'http' as const, address: new URL(alertmanagerUrl).host }],
    prometheus: 'http://127.0.0.1:9090',
    webhook: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
    runbooks: 'https://docs.example/runbooks',
    objectives: ['orders', 'carts'].map((route) => ({ route, slo: { availability: 99.9 } })),
  };
  return renderMonitoring(input, burn).map(({ path, content }) => ({
    path,
    content: path.startsWith('rules/')
      ? content.replaceAll(/(for: |\[)(\d+)m/g, '$1$2s')
      : content.replaceAll(/group_(wait|interval): \w+/g, 'group_$1: 1s'),
  }));
}

/** Requests to both routes, one after the other, for as long as the test runs. */
async function send(): Promise<void> {
  while (isSending) {
    await ask(sluice.proxyPort, '/orders/');
    await ask(sluice.proxyPort, '/carts/');
  }
}

async function firing(): Promise<readonly Alert[]> {
  const { alerts } = await prometheus.ask<{ alerts: (Alert & { state: string })[] }>('alerts', {});
  return alerts.filter(({ state }) => state === 'firing');
}

/** Waits until an alert fires that has these labels. */
function fires(labels: Readonly<Record<string, string>>): Promise<Alert> {
  const wanted = Object.entries(labels);
  return until(
    `${JSON.stringify(labels)} to fire`,
    async () => (await firing()).find((alert) => wanted.every(([name, value]) => alert.labels[name] === value)),
    { detail: () => sluice.output.slice(-2000), pace: 500 },
  );
}

test('Prometheus evaluates every rule over real metrics', async () => {
  interface Rule {
    readonly name: string;
    readonly health: string;
    readonly lastError?: string;
  }
  const rules = await until('all rules to be evaluated', async () => {
    const { groups } = await prometheus.ask<{ groups: { rules: Rule[] }[] }>('rules', {});
    const all = groups.flatMap((group) => group.rules);
    return all.every(({ health }) => health !== 'unknown') && all;
  });
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(rules.length).toBeGreaterThan(25);
});

test.each([
  ['a rate', { alertname: 'SluiceHighErrorRate', route: 'orders', severity: 'critical' }],
  ['a gauge', { alertname: 'SluiceNoBackend', route: 'gone' }],
  ['a burn rate', { alertname: 'SluiceAvailabilityBurns', route: 'orders', window: '20s' }],
])('an alert of %s fires', async (_kind, labels) => {
  const { annotations } = await fires(labels);
  expect(annotations['runbook_url']).toMatch(/^https:\/\/docs\.example\/runbooks\/[a-z-]+\.md$/);
});

test('a target that does not answer fires', async () => {
  const { labels } = await fires({ alertname: 'SluiceDown', instance: `127.0.0.1:${deadPort}` });
  expect(labels).toMatchObject({ job: 'sluice', severity: 'critical' });
});

test('the route and the process beside them stay silent', async () => {
  const others = (await firing()).filter(
    ({ labels: { route, alertname, instance } }) =>
      (route === 'carts' && /Error|Burns|Backend/.test(alertname)) ||
      (alertname === 'SluiceDown' && instance !== `127.0.0.1:${deadPort}`) ||
      alertname === 'SluiceAbsent',
  );
  expect(others).toEqual([]);
});

test('Alertmanager sends a page on, and its end when the backend works again', async () => {
  const isTold = (status: Told['status']) =>
    told.find(
      ({ receiver, alerts, ...one }) =>
        receiver === 'page' &&
        one.status === status &&
        alerts.some(({ labels }) => labels['alertname'] === 'SluiceHighErrorRate' && labels['route'] === 'orders'),
    );
  const { alerts } = await until('the page to arrive', () => isTold('firing'));
  expect(alerts.map(({ annotations }) => annotations['summary'])).toEqual(['Route orders fails 100% of its requests']);
  backend.answer = (_request, response) => response.end();
  await until('its end to arrive', () => isTold('resolved'));
});
