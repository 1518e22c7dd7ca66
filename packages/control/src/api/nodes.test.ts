import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeReport } from '../nodes/testing/report.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const joinToken = 'a-join-token-of-the-nodes';
const base = '/api/v1/gateway/nodes';
let started: StartedApi;

beforeEach(async () => {
  started = await startApi({ config: { node: { joinToken } } });
});
afterEach(() => started.close());

test('a node reports and asks with the join token, or with a certificate', async () => {
  const path = `${base}/a/reports`;
  const body = nodeReport();
  expect((await started.send('POST', path, { body, token: joinToken })).status).toBe(204);
  expect((await started.send('POST', path, { body, names: ['control', 'a'] })).status).toBe(204);
  expect((await started.send('POST', path, { body, token: `${joinToken}x` })).status).toBe(401);
  expect((await started.send('POST', path, { body })).status).toBe(401);
  expect((await started.send('POST', path, { body, token: await started.token('Admin') })).status).toBe(401);
  const answer = await started.send('GET', `${base}/a/changes?since=0&wait=0`, { token: joinToken });
  expect(await answer.json()).toMatchObject({ revision: 0, lineage: 'lineage', whole: true, commands: [] });
});

test('a certificate speaks for the node of its name alone, and the join token for no node that another process is', async () => {
  const answer = await started.send('POST', `${base}/a/reports`, { body: nodeReport(), names: ['b'] });
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('The certificate is for b');
  const nodeId = 'b:8000';
  const named = { body: nodeReport({ nodeId }), names: ['b'] };
  expect((await started.send('POST', `${base}/${nodeId}/reports`, named)).status).toBe(204);
  expect((await started.send('GET', `${base}/a/changes`, { names: ['b'] })).status).toBe(403);
  const report = (key?: string) =>
    started.send('POST', `${base}/a/reports`, {
      body: nodeReport(),
      token: joinToken,
      headers: key === undefined ? {} : { 'x-sluice-node-key': key },
    });
  expect((await report('own')).status).toBe(204);
  expect((await report('another')).status).toBe(409);
  expect((await report()).status).toBe(409);
  expect((await report('own')).status).toBe(204);
});

test('what later versions report besides is let be, and another node is not spoken for', async () => {
  const newer = { ...nodeReport(), colour: 'blue' };
  expect((await started.send('POST', `${base}/a/reports`, { body: newer, token: joinToken })).status).toBe(204);
  const answer = await started.send('POST', `${base}/b/reports`, { body: nodeReport(), token: joinToken });
  expect(answer.status).toBe(400);
});

test('a question waits for something new, and ends with its client', async () => {
  const admin = await started.client('Admin');
  const path = `${base}/a/changes?since=0&lineage=lineage&wait=60000`;
  const asked = started.send('GET', path, { token: joinToken });
  await admin.createRoute({ body: testRoute });
  expect(await (await asked).json()).toMatchObject({ revision: 1, routes: [{ name: 'a' }] });
  const leaving = new AbortController();
  const left = started.send('GET', `${base}/a/changes?since=1&lineage=lineage&wait=60000`, {
    token: joinToken,
    signal: leaving.signal,
  });
  leaving.abort();
  expect(await (await left).json()).toMatchObject({ revision: 1, routes: [] });
});

test('nodes are listed with what they run, and whether all run the same', async () => {
  const admin = await started.client('Admin');
  await admin.createRoute({ body: testRoute });
  const load = { requestsPerSecond: 5, activeRequests: 1, activeConnections: 2, cpu: 0.5, memoryBytes: 10 };
  const routes = [{ routeId: 'a', requests: 10, failures: 1, p50: 1, p95: 2, p99: 3 }];
  started.registry.record(nodeReport({ lineage: 'lineage', load, routes }));
  started.registry.record(nodeReport({ nodeId: 'b', lineage: 'lineage', revision: 0, load, routes }));
  expect(await admin.listNodes({ query: { limit: 1 } })).toMatchObject({
    revision: 1,
    converged: false,
    nodes: [{ nodeId: 'a', live: true, acknowledged: true }],
    total: 2,
  });
  expect((await admin.getRoute({ params: { routeId: 'a' } })).statistics).toMatchObject({ requests: 20, p99: 3 });
  expect(await admin.getMetrics()).toMatchObject({
    nodes: { live: 2, total: 2 },
    configuration: { routes: 1, backends: 1 },
    load: { requestsPerSecond: 10, cpu: 1 },
    requests: 20,
    failures: 2,
  });
  await admin.deleteRoute({ params: { routeId: 'a' } });
  started.registry.record(nodeReport({ lineage: 'lineage', revision: 2, load, routes: [] }));
  expect(await admin.getMetrics()).toMatchObject({ configuration: { routes: 0 }, requests: 20, failures: 2 });
});

/** A route with a circuit breaker and two backends, and what two nodes say of it. */
async function reportOnTwoBackends(): Promise<void> {
  const admin = await started.client('Admin');
  const backends = ['one', 'two'].map((name) => ({ name, url: `http://${name}.test` }));
  await admin.createRoute({ body: { name: 'a', backends, circuitBreaker: {} } });
  const [one, two, gone] = ['a~one', 'a~two', 'a~gone'];
  const until = '2026-01-01T00:00:09.000Z';
  const counted = (backendId: string, requests: number, failures: number) => ({
    backendId,
    requests,
    failures,
    activeRequests: 2,
    checkedAt: `2026-01-01T00:00:0${failures}.000Z`,
  });
  started.registry.record(
    nodeReport({
      lineage: 'lineage',
      load: { requestsPerSecond: 0, activeRequests: 0, activeConnections: 4, cpu: 0, memoryBytes: 0 },
      backends: [counted(one, 10, 1), counted(two, 5, 5), counted(gone, 99, 0)],
      breakers: [{ routeId: 'a', backendId: two, state: 'HalfOpen' }],
      latencies: [[80, 98]],
    }),
  );
  started.registry.record(
    nodeReport({
      nodeId: 'b',
      lineage: 'lineage',
      load: { requestsPerSecond: 0, activeRequests: 0, activeConnections: 3, cpu: 0, memoryBytes: 0 },
      unhealthy: [{ backendId: two, status: 'Unhealthy' }],
      backends: [counted(one, 20, 0)],
      breakers: [{ routeId: 'a', backendId: two, state: 'Open', until }],
      latencies: [[160, 2]],
    }),
  );
}

test('the metrics have latency, circuit breakers and backends of all nodes together', async () => {
  await reportOnTwoBackends();
  const admin = await started.client('Admin');
  const { latency, circuitBreakers, backends } = await admin.getMetrics();
  expect(latency.p50).toBeLessThan(2);
  expect(latency.p99).toBeGreaterThan(1000);
  expect(circuitBreakers).toEqual({
    closed: 1,
    halfOpen: 0,
    open: 1,
    tripped: [
      { routeId: 'a', backendId: 'a~two', state: 'Open', until: '2026-01-01T00:00:09.000Z', nodes: ['a', 'b'] },
    ],
  });
  expect(backends).toEqual({
    total: 2,
    healthy: 1,
    unhealthy: 1,
    draining: 0,
    unknown: 0,
    busiest: [
      { backendId: 'a~one', healthStatus: 'Healthy', requests: 30, failures: 1, activeRequests: 4 },
      { backendId: 'a~two', healthStatus: 'Unhealthy', requests: 5, failures: 5, activeRequests: 2 },
    ],
  });
  expect(await admin.getBackend({ params: { backendId: 'a~one' } })).toMatchObject({
    lastHealthCheck: '2026-01-01T00:00:01.000Z',
    statistics: { requests: 30, failures: 1, activeRequests: 4 },
  });
});

test('the open health has numbers of all nodes, and no names', async () => {
  await reportOnTwoBackends();
  const answer = await started.send('GET', '/api/v1/gateway/health');
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({
    routesConfigured: 1,
    backendsTotal: 2,
    backendsHealthy: 1,
    activeConnections: 7,
  });
  const admin = await started.client('Admin');
  expect(await admin.listBackends({ query: { healthStatus: 'Healthy' } })).toMatchObject({ total: 1 });
  expect(text).not.toMatch(/one|two|test/);
});

test('without a live node the figures are zeros, and the health of all backends is unknown', async () => {
  const admin = await started.client('Admin');
  await admin.createRoute({ body: testRoute });
  expect(await admin.getMetrics()).toMatchObject({
    latency: { p50: 0, p95: 0, p99: 0 },
    circuitBreakers: { closed: 0, halfOpen: 0, open: 0, tripped: [] },
    backends: { total: 1, healthy: 0, unknown: 1, busiest: [] },
  });
  expect((await admin.getRoute({ params: { routeId: 'a' } })).statistics).toEqual({
    requests: 0,
    failures: 0,
    p50: 0,
    p95: 0,
    p99: 0,
  });
  const { statistics, lastHealthCheck } = await admin.getBackend({ params: { backendId: 'a~one' } });
  expect([statistics, lastHealthCheck]).toEqual([{ requests: 0, failures: 0, activeRequests: 0 }, undefined]);
});

test('the health is open to everybody', async () => {
  const answer = await started.send('GET', '/api/v1/gateway/health');
  expect(await answer.json()).toEqual({
    status: 'healthy',
    ready: true,
    version: '1.2.3',
    revision: 0,
    store: 'up',
    dependencies: [{ name: 'store', status: 'healthy' }],
    routesConfigured: 0,
    backendsTotal: 0,
    backendsHealthy: 0,
    activeConnections: 0,
    timestamp: '2026-01-01T00:00:00.000Z',
  });
});
