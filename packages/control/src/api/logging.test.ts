import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../client/index.ts';
import { startApi } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
});
afterEach(() => started.close());

async function commandsFor(nodeId: string): Promise<readonly unknown[]> {
  const { revision: since, lineage } = started.configuration;
  return (await started.hub.changes({ nodeId, since, lineage, waitMs: 0 })).commands;
}

test('another level counts here and is passed on to the nodes, until its time is over', async () => {
  const until = '2026-01-01T00:10:00.000Z';
  expect(await admin.setLogLevel({ body: { level: 'debug', for: '10m' } })).toEqual({
    level: 'debug',
    configured: 'info',
    until,
  });
  expect(await admin.getLogLevel({})).toMatchObject({ level: 'debug', until });
  expect(await commandsFor('a')).toMatchObject([{ kind: 'logLevel', level: 'debug', until }]);
  expect(await admin.resetLogLevel({})).toEqual({ level: 'info', configured: 'info' });
  expect(await commandsFor('a')).toEqual([{ id: expect.any(String) as string, kind: 'logLevel' }]);
});

test('each change is in the audit log, with who made it', async () => {
  await admin.setLogLevel({ body: { level: 'error' } });
  await admin.resetLogLevel({});
  const { auditLogs } = await admin.listAuditLogs({ query: { entityType: 'logLevel' } });
  expect(auditLogs).toMatchObject([
    { eventType: 'logLevel.reset', outcome: 'done' },
    { eventType: 'logLevel.changed', outcome: 'done', details: { level: 'error' } },
  ]);
});

test('only an Admin changes it, and only to a level that there is, for a day at most', async () => {
  const operator = await started.client('Operator');
  await expect(operator.setLogLevel({ body: { level: 'debug' } })).rejects.toMatchObject({ status: 403 });
  await expect(operator.resetLogLevel({})).rejects.toMatchObject({ status: 403 });
  expect(await operator.getLogLevel({})).toEqual({ level: 'info', configured: 'info' });
  const bad = { level: 'debug', for: '25h' } as const;
  await expect(admin.setLogLevel({ body: bad })).rejects.toMatchObject({ status: 400, details: [{ path: 'for' }] });
  const unknown = { level: 'trace' as 'debug' };
  await expect(admin.setLogLevel({ body: unknown })).rejects.toMatchObject({
    status: 400,
    details: [{ path: 'level' }],
  });
});
