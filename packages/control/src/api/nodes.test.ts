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

test('the health is open to everybody', async () => {
  const answer = await started.send('GET', '/api/v1/gateway/health');
  expect(await answer.json()).toEqual({
    status: 'healthy',
    ready: true,
    version: '1.2.3',
    revision: 0,
    store: 'up',
    timestamp: '2026-01-01T00:00:00.000Z',
  });
});
