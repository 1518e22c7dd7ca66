import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../client/index.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
});
afterEach(() => started.close());

test('a route is created with its defaults, read, listed, changed and removed', async () => {
  const made = await admin.createRoute({ body: testRoute, query: { reason: 'first' } });
  expect(made).toMatchObject({ routeId: 'a', strategy: 'RoundRobin', timeoutSeconds: 30, revision: 1 });
  expect(made.backends[0]).toMatchObject({ backendId: 'a~one', timeouts: { connectTimeout: '5s' } });
  expect(made.createdAt).toBe('2026-01-01T00:00:00.000Z');
  expect(await admin.getRoute({ params: { routeId: 'a' } })).toEqual({
    ...made,
    statistics: { requests: 0, failures: 0, p50: 0, p95: 0, p99: 0 },
  });
  expect(await admin.listRoutes()).toEqual({ routes: [made], total: 1, limit: 20, offset: 0 });

  started.clock.now += 1000;
  const changed = await admin.updateRoute({ params: { routeId: 'a' }, body: { isEnabled: false, priority: 7 } });
  expect(changed).toEqual({
    ...made,
    isEnabled: false,
    priority: 7,
    revision: 2,
    updatedAt: '2026-01-01T00:00:01.000Z',
  });
  expect(await admin.updateRoute({ params: { routeId: 'a' }, body: { priority: null } })).toMatchObject({
    isEnabled: false,
    priority: 0,
  });
  await admin.deleteRoute({ params: { routeId: 'a' } });
  await expect(admin.getRoute({ params: { routeId: 'a' } })).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('what was read can be sent back as it is, and changes nothing', async () => {
  await admin.createRoute({ body: testRoute });
  const read = await admin.getRoute({ params: { routeId: 'a' } });
  const again = await admin.updateRoute({ params: { routeId: 'a' }, body: read });
  expect(again.revision).toBe(1);
});

test('the id never changes', async () => {
  await admin.createRoute({ body: testRoute });
  const change = admin.updateRoute({ params: { routeId: 'a' }, body: { routeId: 'b' } });
  await expect(change).rejects.toMatchObject({ status: 400, details: [{ path: 'routeId' }] });
});

test('every problem of a document is told with its path', async () => {
  const body = { name: 'a b', backends: [{ name: 'x', url: 'ftp://x' }], strategi: 1, priority: 101 } as never;
  const failure = (await admin.createRoute({ body }).catch((error: unknown) => error)) as { details: object[] };
  expect(failure).toMatchObject({ code: 'VALIDATION_ERROR', status: 400 });
  expect(failure.details.map((detail) => (detail as { path: string }).path).toSorted()).toEqual([
    'backends[0].url',
    'name',
    'priority',
    'strategi',
  ]);
});

test('a name that is taken is a conflict', async () => {
  await admin.createRoute({ body: testRoute });
  await expect(admin.createRoute({ body: testRoute })).rejects.toMatchObject({ code: 'CONFLICT', status: 409 });
});

test('lists are filtered and come in pages', async () => {
  for (const name of ['a', 'b', 'c', 'd']) {
    const strategy = name < 'c' ? 'Random' : 'IPHash';
    await admin.createRoute({
      body: { ...testRoute, name, strategy, isEnabled: name !== 'b', pathPattern: `/${name}` },
    });
  }
  const ids = async (query: object): Promise<unknown> => {
    const { routes, total } = await admin.listRoutes({ query });
    return [routes.map(({ routeId }) => routeId), total];
  };
  expect(await ids({ limit: 2, offset: 1 })).toEqual([['b', 'c'], 4]);
  expect(await ids({ isEnabled: false })).toEqual([['b'], 1]);
  expect(await ids({ strategy: 'IPHash' })).toEqual([['c', 'd'], 2]);
  expect(await ids({ search: '/D' })).toEqual([['d'], 1]);
  expect(await ids({ backendId: 'c~one' })).toEqual([['c'], 1]);
  expect(await ids({ offset: 10 })).toEqual([[], 4]);
});

test('a dry run tells the difference or the problems, and changes nothing', async () => {
  const preview = await admin.dryRun.createRoute({ body: testRoute });
  expect(preview).toMatchObject({ dryRun: true, revision: 0, changed: true, problems: [] });
  expect(preview.changes).toMatchObject([{ entityType: 'route', entityId: 'a', after: { name: 'a' } }]);
  const wrong = await admin.dryRun.createRoute({ body: { ...testRoute, priority: -1 } });
  expect(wrong).toMatchObject({ changed: false, problems: [{ path: 'priority' }] });
  expect(started.configuration.revision).toBe(0);
  await admin.createRoute({ body: testRoute });
  const taken = await admin.dryRun.createRoute({ body: testRoute });
  expect(taken.problems).toHaveLength(1);
  expect((await admin.dryRun.deleteRoute({ params: { routeId: 'a' } })).changes).toMatchObject([{ entityId: 'a' }]);
  expect((await admin.listRoutes()).total).toBe(1);
});

test('If-Match lets one of two writers win', async () => {
  await admin.createRoute({ body: testRoute });
  const change = (priority: number, ifMatch: number) =>
    admin.updateRoute({ params: { routeId: 'a' }, body: { priority }, ifMatch });
  await change(1, 1);
  await expect(change(2, 1)).rejects.toMatchObject({ code: 'CONFLICT', status: 412 });
  await expect(admin.deleteRoute({ params: { routeId: 'a' }, ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
  await admin.deleteRoute({ params: { routeId: 'a' }, ifMatch: 2 });
});

test('every change is in the audit log with who, from where, what and its trace', async () => {
  const token = await started.token('Admin');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await started.send('POST', '/api/v1/gateway/routes?reason=why', { token, body: testRoute, headers: { traceparent } });
  await admin.updateRoute({ params: { routeId: 'a' }, body: { priority: 3 } });
  const { auditLogs } = await admin.listAuditLogs({ query: { entityType: 'route' } });
  expect(auditLogs).toMatchObject([
    { eventType: 'route.updated', entityId: 'a', revision: 2, details: { fields: ['priority'] } },
    {
      eventType: 'route.created',
      entityId: 'a',
      user: 'admin',
      userKind: 'user',
      address: '10.1.1.1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      outcome: 'done',
      revision: 1,
      details: { operation: 'createRoute', reason: 'why' },
    },
  ]);
});

test('a version is kept and not live', async () => {
  await admin.createRoute({ body: testRoute });
  const params = { routeId: 'a' };
  const route = { ...testRoute, priority: 9 };
  expect(await admin.dryRun.createRouteVersion({ params, body: { configVersion: '2', route } })).toMatchObject({
    changed: true,
    changes: [{ entityType: 'routeVersion', entityId: 'a@2' }],
  });
  const version = await admin.createRouteVersion({ params, body: { configVersion: '2', route } });
  expect(version).toMatchObject({ configVersion: '2', createdBy: 'admin', route: { priority: 9 } });
  expect(await admin.listRouteVersions({ params })).toMatchObject({ versions: [{ configVersion: '2' }], total: 1 });
  expect(await admin.getRoute({ params })).toMatchObject({ priority: 0 });
  await expect(admin.createRouteVersion({ params, body: { configVersion: '2', route } })).rejects.toMatchObject({
    status: 409,
  });
});

test('routes that a file owns are read-only, and it says so', async () => {
  started.configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
  const failure = admin.createRoute({ body: testRoute });
  await expect(failure).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('sluice.yaml') as string,
  });
});
