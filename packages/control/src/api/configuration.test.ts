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

test('revisions are listed, read, compared and restored', async () => {
  await admin.createRoute({ body: testRoute, query: { reason: 'first' } });
  await admin.updateRoute({ params: { routeId: 'a' }, body: { priority: 5 } });
  const { revisions, total } = await admin.listRevisions();
  expect(total).toBe(2);
  expect(revisions).toMatchObject([
    { revision: 2, author: { kind: 'user', name: 'admin' }, changeCount: 1 },
    { revision: 1, reason: 'first' },
  ]);
  expect(await admin.getRevision({ params: { revision: 2 } })).toMatchObject({
    revision: 2,
    changes: [{ entityType: 'route', entityId: 'a', before: { priority: 0 }, after: { priority: 5 } }],
  });
  expect(await admin.diffRevisions({ params: { revision: 2 }, query: { to: 1 } })).toMatchObject({
    from: 2,
    to: 1,
    changes: [{ before: { priority: 5 }, after: { priority: 0 } }],
  });
  expect((await admin.diffRevisions({ params: { revision: 1 } })).to).toBe(2);
  const params = { revision: 1 };
  expect(await admin.dryRun.restoreRevision({ params })).toMatchObject({ dryRun: true, changed: true, revision: 2 });
  const restored = await admin.restoreRevision({ params, body: { reason: 'back' } });
  expect(restored).toMatchObject({ dryRun: false, changed: true, revision: 3 });
  expect((await admin.listRevisions()).revisions[0]).toMatchObject({ revision: 3, restoredFrom: 1, reason: 'back' });
  expect(await admin.restoreRevision({ params })).toMatchObject({ changed: false, revision: 3 });
  await expect(admin.getRevision({ params: { revision: 9 } })).rejects.toMatchObject({ status: 404 });
});

test('the store is confirmed by an Admin, which makes no revision, and is written down', async () => {
  await admin.createRoute({ body: testRoute });
  const before = started.configuration.revisionAt!;
  expect(await admin.confirmConfiguration({ body: { reason: 'restored' } })).toEqual({ revision: 1 });
  expect(started.configuration.revisionAt! > before).toBe(true);
  expect((await admin.listAuditLogs({ query: { limit: 1 } })).auditLogs).toMatchObject([
    { eventType: 'configuration.confirmed', user: 'admin', revision: 1, details: { reason: 'restored' } },
  ]);
  const operator = await started.client('Operator');
  await expect(operator.confirmConfiguration({})).rejects.toMatchObject({ status: 403 });
});

test('a configuration is exported as a person would write it, and brought in again', async () => {
  await admin.createBackend({ body: { name: 'shared', url: 'http://10.0.0.9:80' } });
  await admin.createRoute({ body: { ...testRoute, timeoutSeconds: 5 } });
  const { configuration, revision, owner } = await admin.exportConfiguration();
  expect([revision, owner]).toEqual([2, 'api']);
  expect(configuration).toEqual({
    routes: [{ ...testRoute, timeoutSeconds: 5 }],
    backends: [{ name: 'shared', url: 'http://10.0.0.9:80' }],
  });
  const same = await admin.applyConfiguration({ body: { configuration: configuration as never } });
  expect(same).toMatchObject({ changed: false, revision: 2, changes: [] });
});

test('bringing in a configuration is one revision, removes only when asked to, and can be tried first', async () => {
  await admin.createRoute({ body: testRoute });
  const configuration = {
    routes: [
      { ...testRoute, name: 'b' },
      { ...testRoute, name: 'c' },
    ],
  };
  const difference = await admin.diffConfiguration({ body: { configuration, prune: true } });
  expect(difference).toMatchObject({ dryRun: true, changed: true, revision: 1 });
  expect(difference.changes.map(({ entityId }) => entityId).toSorted()).toEqual(['a', 'b', 'c']);
  expect(await admin.applyConfiguration({ body: { configuration } })).toMatchObject({ revision: 2 });
  expect((await admin.listRoutes()).total).toBe(3);
  expect(await admin.applyConfiguration({ body: { configuration, prune: true } })).toMatchObject({ revision: 3 });
  expect((await admin.listRoutes()).total).toBe(2);
});

test('nothing of an invalid configuration is brought in, and every problem is told', async () => {
  const configuration = { routes: [{ ...testRoute, priority: -1 }, testRoute, { name: 'b', backends: [] }] };
  const failure = admin.applyConfiguration({ body: { configuration } });
  await expect(failure).rejects.toMatchObject({
    status: 400,
    details: expect.arrayContaining([
      expect.objectContaining({ path: 'routes[0].priority' }),
      expect.objectContaining({ path: 'routes[2].backends' }),
    ]) as unknown,
  });
  expect((await admin.dryRun.applyConfiguration({ body: { configuration } })).problems.length).toBeGreaterThan(2);
  expect(started.configuration.revision).toBe(0);
});

test('If-Match refuses a configuration that was compared with another revision', async () => {
  await admin.createRoute({ body: testRoute });
  const body = { configuration: { routes: [{ ...testRoute, priority: 1 }] } };
  await expect(admin.applyConfiguration({ body, ifMatch: 0 })).rejects.toMatchObject({ status: 412 });
  await admin.applyConfiguration({ body, ifMatch: 1 });
  await expect(admin.applyConfiguration({ body, ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
});

test('what a file owns is exported and compared all the same', async () => {
  started.configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
  expect(await admin.exportConfiguration()).toMatchObject({ owner: 'file', file: 'sluice.yaml' });
  const body = { configuration: { routes: [testRoute] } };
  expect(await admin.diffConfiguration({ body })).toMatchObject({ changed: true });
  await expect(admin.applyConfiguration({ body })).rejects.toMatchObject({ status: 409 });
});
