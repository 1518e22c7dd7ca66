import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  createManagementServer,
  type HealthReport,
  type ManagementFacts,
  type ManagementServer,
} from './management-server.ts';

const healthy: HealthReport = { status: 'healthy', revision: 4, workers: { running: 2, configured: 2 } };
const servers: ManagementServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(facts: Partial<ManagementFacts> = {}, onError?: (error: Error) => void): Promise<string> {
  const usual: ManagementFacts = {
    ready: () => ({ ready: true }),
    health: () => healthy,
    metrics: () => 'up 1\n',
    version: '1.2.3',
  };
  const server = createManagementServer({
    host: '127.0.0.1',
    port: 0,
    facts: { ...usual, ...facts },
    ...(onError && { onError }),
  });
  servers.push(server);
  return `http://127.0.0.1:${await server.listen()}`;
}

test('answers health, readiness, liveness and version as JSON', async () => {
  const url = await start();
  const answers = await Promise.all(
    ['/health', '/ready?verbose=1', '/live', '/version'].map(async (path) => (await fetch(url + path)).json()),
  );
  expect(answers).toEqual([
    healthy,
    { ready: true },
    { live: true },
    { version: '1.2.3', node: process.versions.node },
  ]);
});

test('tells by the status when the node is not ready or unhealthy; a degraded one still serves', async () => {
  const lastRefusal = { at: '2025-01-02T03:04:05.000Z', message: 'routes.0: unknown field' };
  let status: HealthReport['status'] = 'degraded';
  const url = await start({
    ready: () => ({ ready: false, reason: 'no configuration yet' }),
    health: () => ({ ...healthy, status, lastRefusal }),
  });
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reason: 'no configuration yet' }]);
  const degraded = await fetch(`${url}/health`);
  expect([degraded.status, await degraded.json()]).toEqual([200, { ...healthy, status: 'degraded', lastRefusal }]);
  status = 'unhealthy';
  expect((await fetch(`${url}/health`)).status).toBe(503);
});

test('serves metrics as Prometheus text', async () => {
  const answer = await fetch(`${await start()}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await answer.text()).toBe('up 1\n');
});

test('sends headers that keep answers out of caches and browsers from guessing', async () => {
  const { headers } = await fetch(`${await start()}/health`);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('answers HEAD like GET without the body', async () => {
  const url = await start();
  const [head, get] = [await fetch(`${url}/metrics`, { method: 'HEAD' }), await fetch(`${url}/metrics`)];
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
});

test('refuses other methods and unknown paths in the shape of API errors', async () => {
  const url = await start();
  const post = await fetch(`${url}/health`, { method: 'POST', body: '{}' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await post.json()).toEqual({
    error: {
      code: 'METHOD_NOT_ALLOWED',
      message: expect.any(String) as string,
      details: [],
      traceId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    },
  });
  for (const path of ['/', '/Health', '/health/', '/constructor', '/__proto__', '/metrics/..%2Fhealth']) {
    expect((await fetch(url + path)).status, path).toBe(404);
  }
});

test('answers 500 without details when a fact cannot be given, and reports it', async () => {
  const errors: Error[] = [];
  const metrics = (): string => {
    throw new Error('secret detail');
  };
  const url = await start({ metrics }, (error) => errors.push(error));
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret');
  expect(errors.map(({ message }) => message)).toEqual(['secret detail']);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('listening on a taken port fails with the reason', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    taken.once('listening', resolve);
  });
  const facts: ManagementFacts = {
    ready: () => ({ ready: true }),
    health: () => healthy,
    metrics: () => '',
    version: '1',
  };
  const server = createManagementServer({ host: '127.0.0.1', port: (taken.address() as AddressInfo).port, facts });
  await expect(server.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.close();
  taken.close();
});

test('closing ends connections that a client keeps open, and may be repeated', async () => {
  const url = new URL(await start());
  const ended = new Promise((resolve) => {
    httpRequest(new URL('/live', url), { headers: { connection: 'keep-alive' } }, (response) => {
      response.resume().socket.once('close', resolve);
    }).end();
  });
  await (await fetch(new URL('/live', url))).text();
  const [server] = servers;
  await server?.close();
  await server?.close();
  await ended;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
