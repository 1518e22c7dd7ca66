import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../client/index.ts';
import { nodeReport } from '../nodes/testing/report.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;
const shared = { name: 'shared', url: 'http://10.0.0.9:80' };

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
});
afterEach(() => started.close());

test('a shared backend is created, used by routes, changed and removed when no route uses it', async () => {
  const made = await admin.createBackend({ body: shared });
  expect(made).toMatchObject({ backendId: 'shared', weight: 100, healthStatus: 'Unknown', revision: 1 });
  expect(made).not.toHaveProperty('routeId');
  await admin.createRoute({ body: { name: 'a', backends: [{ backendId: 'shared' }] } });
  const params = { backendId: 'shared' };
  expect(await admin.updateBackend({ params, body: { weight: 7 } })).toMatchObject({ weight: 7, url: shared.url });
  await expect(admin.deleteBackend({ params })).rejects.toMatchObject({ status: 409 });
  await admin.deleteRoute({ params: { routeId: 'a' } });
  await admin.deleteBackend({ params });
  await expect(admin.getBackend({ params })).rejects.toMatchObject({ status: 404 });
});

test('a backend of a route is read and changed by its own id', async () => {
  await admin.createRoute({ body: testRoute });
  const two = { name: 'two', url: 'http://10.0.0.2:80', routeId: 'a' };
  expect(await admin.createBackend({ body: two })).toMatchObject({ backendId: 'a~two', routeId: 'a', revision: 2 });
  const params = { backendId: 'a~two' };
  const read = await admin.getBackend({ params });
  expect(await admin.updateBackend({ params, body: { ...read, weight: 3 } })).toMatchObject({ weight: 3, revision: 3 });
  expect((await admin.getRoute({ params: { routeId: 'a' } })).backends).toMatchObject([{ name: 'one' }, { weight: 3 }]);
  const renamed = admin.updateBackend({ params, body: { name: 'three' } });
  await expect(renamed).rejects.toMatchObject({ status: 400, details: [{ path: 'name' }] });
  await admin.deleteBackend({ params });
  await expect(admin.deleteBackend({ params: { backendId: 'a~one' } })).rejects.toMatchObject({ status: 409 });
});

test('problems of a backend of a route are told as the caller wrote it', async () => {
  await admin.createRoute({ body: testRoute });
  const failure = admin.createBackend({ body: { name: 'two', url: 'nowhere', routeId: 'a' } });
  await expect(failure).rejects.toMatchObject({ status: 400, details: [{ path: 'url' }] });
});

test('lists hold both kinds, and are filtered', async () => {
  await admin.createBackend({ body: shared });
  await admin.createRoute({ body: testRoute });
  const ids = async (query: object): Promise<unknown> =>
    (await admin.listBackends({ query })).backends.map(({ backendId }) => backendId);
  expect(await ids({})).toEqual(['shared', 'a~one']);
  expect(await ids({ shared: true })).toEqual(['shared']);
  expect(await ids({ routeId: 'a' })).toEqual(['a~one']);
  expect(await ids({ search: '10.0.0.1' })).toEqual(['a~one']);
  expect(await ids({ healthStatus: 'Healthy' })).toEqual([]);
  expect(await ids({ limit: 1, offset: 1 })).toEqual(['a~one']);
});

test('health is what the nodes report', async () => {
  await admin.createRoute({ body: testRoute });
  started.registry.record(nodeReport({ unhealthy: [{ backendId: 'a~one', status: 'Unhealthy' }] }));
  const params = { backendId: 'a~one' };
  expect(await admin.getBackendHealth({ params })).toEqual({
    backendId: 'a~one',
    healthStatus: 'Unhealthy',
    nodes: [{ nodeId: 'a', status: 'Unhealthy' }],
  });
  expect(await admin.getBackend({ params })).toMatchObject({ healthStatus: 'Unhealthy' });
});

test('a check now becomes a command to the nodes, and is in the audit log', async () => {
  await admin.createRoute({ body: testRoute });
  started.registry.record(nodeReport());
  const { commandId, nodes } = await admin.checkHealth({ body: { backendIds: ['a~one'] } });
  expect(nodes).toBe(1);
  const { revision: since, lineage } = started.configuration;
  const { commands } = await started.hub.changes({ nodeId: 'a', since, lineage, waitMs: 0 });
  expect(commands).toEqual([{ id: commandId, kind: 'checkHealth', backendIds: ['a~one'] }]);
  expect((await admin.listAuditLogs({ query: { eventType: 'backend.checked' } })).total).toBe(1);
  await expect(admin.checkHealth({ body: { backendIds: ['a~none'] } })).rejects.toMatchObject({ status: 404 });
});
