import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withSplit } from '../compile/testing/splits.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';
import { crashWorker } from './testing/crash-worker.ts';

let folder: string;
let backend: Server;
/** Responses to `/slow`, which the test ends. */
let waiting: ServerResponse[];
let gateways: Gateway[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-limits-'));
  [waiting, gateways] = [[], []];
  backend = createServer((incoming, response) => {
    if (incoming.url === '/slow') waiting.push(response);
    else response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close({ drainMs: 0 })));
  backend.closeAllConnections();
  backend.close();
  await rm(folder, { recursive: true });
});

/** A configuration for two workers, whose one route has these limits. */
function configOf(limits: object, top: object = {}): GatewayConfig {
  const { port } = backend.address() as AddressInfo;
  const route = { name: 'r', backends: [{ name: 'a', url: `http://127.0.0.1:${port}` }], ...limits };
  const parsed = parseConfig({
    proxy: { port: 0, workers: 2, accessLog: { failures: false } },
    management: { port: 0 },
    node: { snapshotFile: join(folder, 'snapshot.json') },
    routes: [route],
    ...top,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

async function start(config: GatewayConfig): Promise<Gateway> {
  const log = createLogger({ output: { write: () => true } });
  const gateway = await startGateway({ config, log, version: '1.2.3' });
  gateways.push(gateway);
  return gateway;
}

/** The status of a request on a connection of its own. */
function ask({ addresses }: Gateway, path = '/'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: addresses.proxy?.port, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', reject).end();
  });
}

/** How many of so many requests at once pass. */
async function passing(gateway: Gateway, requests: number): Promise<number> {
  const statuses = await Promise.all(Array.from({ length: requests }, () => ask(gateway)));
  expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
  return statuses.filter((status) => status === 200).length;
}

/** A rule whose window does not end while a test runs. */
const rule = { type: 'SlidingWindow', requests: 20, window: '24h' };

test('a limit is exact over workers and both versions of a route, and keeps its count through changes and crashes', async () => {
  const gateway = await start(configOf({ rateLimit: rule }));
  expect(await passing(gateway, 15)).toBe(15);
  await gateway.apply(configOf({ rateLimit: { ...rule, requests: 30 }, timeoutSeconds: 20 }));
  expect(await passing(gateway, 5)).toBe(5);
  await crashWorker(0);
  expect(await passing(gateway, 5)).toBe(5);
  // Half of the requests go to the candidate, whose limit is lower: 25 of both have been used.
  const [stable, candidate] = [30, 28].map((requests) => configOf({ rateLimit: { ...rule, requests } }));
  await gateway.apply(withSplit(stable, candidate, { percentage: 50 }));
  const passed = await passing(gateway, 40);
  expect(passed).toBeLessThanOrEqual(5);
  expect(passed).toBeGreaterThanOrEqual(3);
  await gateway.apply(stable);
  expect(await passing(gateway, 5)).toBe(5 - passed);
});

test('limits of tiers for all routes are live with the next change, and leave the counts alone', async () => {
  const gateway = await start(configOf({ rateLimit: rule }));
  expect(await passing(gateway, 3)).toBe(3);
  const tiers = { anonymous: { requests: 5, window: '24h' } };
  await gateway.apply(configOf({ rateLimit: rule }, { limits: { tiers } }));
  expect(await passing(gateway, 5)).toBe(2);
  await gateway.apply(configOf({ rateLimit: rule }));
  expect(await passing(gateway, 20)).toBe(15);
});

test('a daily quota goes on after a restart, and who is near its end is counted', async () => {
  const minute = 60_000;
  // The day must not end while this runs.
  await vi.waitUntil(() => Date.now() % (24 * 60 * minute) < (24 * 60 - 1) * minute);
  const config = configOf({ rateLimit: { ...rule, dailyQuota: 5 } });
  const first = await start(config);
  expect(await passing(first, 3)).toBe(3);
  await first.close({ drainMs: 0 });
  const second = await start(config);
  expect(metricText(second.status)).toContain('api_gateway_quota_near_callers 0\n');
  expect(await passing(second, 5)).toBe(2);
  expect(metricText(second.status)).toContain('api_gateway_quota_near_callers 1\n');
  await second.apply(configOf({ rateLimit: rule }));
  expect(metricText(second.status)).not.toContain('api_gateway_quota_near_callers');
});

test('what a crashed worker had in progress for a caller is taken back', async () => {
  const gateway = await start(configOf({ concurrency: { limit: 2 } }));
  const slow = [ask(gateway, '/slow'), ask(gateway, '/slow')].map((answer) => answer.catch(() => 0));
  await vi.waitUntil(() => waiting.length === 2, { interval: 10 });
  expect(await ask(gateway)).toBe(429);
  await Promise.all([crashWorker(0), crashWorker(1)]);
  expect(await Promise.all(slow)).toEqual([0, 0]);
  await vi.waitUntil(async () => (await ask(gateway).catch(() => 0)) === 200, { interval: 10 });
});
