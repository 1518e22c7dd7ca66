import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient } from '../client/index.ts';
import type { Client } from '../client/index.ts';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
});
afterEach(() => started.close());

const forbidden = { status: 403, code: 'FORBIDDEN' };
const unauthorized = { status: 401 };
const peer = { address: '10.1.1.1', isCertified: false };
const everything = { role: 'Admin', scopes: ['*'] as string[] } as const;

function clientWith(token: string): Client {
  const fetch = async (url: string | URL, settings?: RequestInit) =>
    started.api.fetch(new Request(url, settings), peer);
  return createClient({ url: 'http://sluice', token, fetch });
}

/** Makes a user and logs in. */
async function enter(username: string, role: 'Admin' | 'Operator' | 'Viewer' = 'Admin'): Promise<Client> {
  await admin.createUser({ body: { username, password: testPassword, role } });
  return logIn(username);
}

async function logIn(username: string, password = testPassword): Promise<Client> {
  const login = await started.access.login({ username, password, address: peer.address, traceId: 'test' });
  return clientWith(login.token);
}

async function keyOf(person: Client, name: string): Promise<Client> {
  return clientWith((await person.createApiKey({ body: { name, ...everything } })).key);
}

test('only people may change users and API keys, whatever an API key may', async () => {
  const ada = { username: 'ada' };
  await enter('ada', 'Viewer');
  const key = await keyOf(admin, 'ci');
  const { apiKeyId } = (await admin.listApiKeys()).apiKeys[0];
  const [{ sessionId }] = (await admin.listSessions({ params: ada })).sessions;
  const attempts = [
    key.createUser({ body: { username: 'eve', password: testPassword, role: 'Viewer' } }),
    key.updateUser({ params: ada, body: { role: 'Admin' } }),
    key.updateUser({ params: ada, body: { password: 'set by a program of somebody' } }),
    key.deleteUser({ params: ada }),
    key.deleteSession({ params: { ...ada, sessionId } }),
    key.createApiKey({ body: { name: 'ci 2', ...everything } }),
    key.deleteApiKey({ params: { apiKeyId } }),
    key.dryRun.createApiKey({ body: { name: 'ci 2', ...everything } }),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject(forbidden);
  expect((await key.listUsers()).users).toMatchObject([{ username: 'ada', role: 'Viewer' }, { username: 'admin' }]);
  expect((await key.listApiKeys()).total).toBe(1);
});

test('scopes that only people could use are refused with the reason', async () => {
  for (const scope of ['users:write', 'api-keys:write']) {
    const body = { name: 'ci', role: 'Admin', scopes: ['routes:read', scope] } as const;
    await expect(admin.createApiKey({ body: { ...body, scopes: [...body.scopes] } })).rejects.toMatchObject({
      status: 400,
      details: [{ path: 'scopes[1]', message: expect.stringContaining('only people may change') as string }],
    });
  }
});

test('a key may no more than its owner may now, and is the key of no one who has the name later', async () => {
  const key = await keyOf(await enter('anna'), 'ci');
  const anna = { params: { username: 'anna' } };
  await key.createRoute({ body: testRoute });
  await admin.updateUser({ ...anna, body: { role: 'Viewer' } });
  expect(await key.me()).toMatchObject({ role: 'Viewer' });
  await expect(key.deleteRoute({ params: { routeId: 'a' } })).rejects.toMatchObject(forbidden);
  await admin.updateUser({ ...anna, body: { isEnabled: false } });
  await expect(key.me()).rejects.toMatchObject(unauthorized);
  await admin.updateUser({ ...anna, body: { isEnabled: true, role: 'Admin' } });
  expect(await key.me()).toMatchObject({ role: 'Admin' });
  await admin.deleteUser(anna);
  await expect(key.me()).rejects.toMatchObject(unauthorized);
  await enter('anna');
  await expect(key.me()).rejects.toMatchObject(unauthorized);
});

test('nobody approves by a key what they deployed, or by hand what their key deployed', async () => {
  const [anna, bert] = [await enter('anna'), await enter('bert')];
  const [keyOfAnna, annaByName] = [await keyOf(anna, 'ci'), await keyOf(bert, 'anna')];
  const deploy = async (by: Client, name: string) => {
    await admin.createRoute({ body: { ...testRoute, name, pathPattern: `/${name}` } });
    const route = { ...testRoute, name, pathPattern: `/${name}`, environment: 'Production', version: '2.0' };
    const { deploymentId } = await by.createDeployment({ body: { routeId: name, route } });
    return { params: { deploymentId } };
  };
  const byHand = await deploy(anna, 'by-hand');
  const byKey = await deploy(keyOfAnna, 'by-key');
  for (const at of [byHand, byKey]) {
    for (const who of [anna, keyOfAnna]) await expect(who.approveDeployment(at)).rejects.toMatchObject(forbidden);
  }
  // The key of Bert is Bert, whatever it is called.
  expect(await annaByName.approveDeployment(byHand)).toMatchObject({ approvalStatus: 'Approved' });
  const ofBert = await deploy(annaByName, 'by-name');
  await expect(bert.approveDeployment(ofBert)).rejects.toMatchObject(forbidden);
  expect(await anna.approveDeployment(ofBert)).toMatchObject({ approvalStatus: 'Approved', createdByKind: 'apiKey' });
});

test('the audit log tells a key from the user of its name, and one person from the next of the name', async () => {
  const first = await enter('anna');
  const key = await keyOf(first, 'anna');
  await key.createRoute({ body: testRoute });
  const { auditLogs } = await admin.listAuditLogs({ query: { entityType: 'route', user: 'anna' } });
  const [entry] = auditLogs;
  expect(entry).toMatchObject({ user: 'anna', userKind: 'apiKey' });
  const { userId } = await admin.getUser({ params: { username: 'anna' } });
  expect(entry.personId).toBe(userId);
  expect(entry.userId).not.toBe(userId);
  const total = async (query: object): Promise<number> => (await admin.listAuditLogs({ query })).total;
  expect(await total({ entityType: 'route', user: 'anna', userKind: 'user' })).toBe(0);
  expect(await total({ entityType: 'route', personId: userId })).toBe(1);
  await admin.deleteUser({ params: { username: 'anna' } });
  await enter('anna');
  expect((await admin.getUser({ params: { username: 'anna' } })).userId).not.toBe(userId);
  const [{ author }] = (await admin.listRevisions()).revisions;
  expect(author).toEqual({ kind: 'apiKey', name: 'anna', id: entry.userId });
});

test('an Idempotency-Key of somebody who is gone says nothing to the next of the name', async () => {
  const send = (client: Client) => client.createRoute({ body: testRoute, idempotencyKey: 'the-same' });
  await send(await enter('anna'));
  await admin.deleteRoute({ params: { routeId: 'a' } });
  await admin.deleteUser({ params: { username: 'anna' } });
  await send(await enter('anna'));
  expect((await admin.listRoutes()).total).toBe(1);
});

test('nobody raises their own role, and the last Admin stays', async () => {
  const operator = await enter('olga', 'Operator');
  const olga = { params: { username: 'olga' } };
  await expect(operator.updateUser({ ...olga, body: { role: 'Admin' } })).rejects.toMatchObject(forbidden);
  const last = { params: { username: 'admin' } };
  await expect(admin.deleteUser(last)).rejects.toMatchObject({ status: 409 });
  for (const body of [{ role: 'Operator' as const }, { isEnabled: false }]) {
    await expect(admin.updateUser({ ...last, body })).rejects.toMatchObject({ status: 409 });
  }
});

test('a password that another Admin set is that person’s to change before anything else', async () => {
  await enter('anna');
  const anna = { params: { username: 'anna' } };
  const password = 'set by another Admin';
  await expect(admin.updateUser({ ...anna, body: { password, mustChangePassword: false } })).rejects.toMatchObject({
    status: 400,
    details: [{ path: 'mustChangePassword' }],
  });
  expect(await admin.updateUser({ ...anna, body: { password } })).toMatchObject({ mustChangePassword: true });
  await expect(admin.updateUser({ ...anna, body: { mustChangePassword: false } })).rejects.toMatchObject({
    status: 400,
  });
  const newPassword = 'chosen by Anna herself';
  await (await logIn('anna', password)).changePassword({ body: { currentPassword: password, newPassword } });
  expect(await admin.getUser(anna)).toMatchObject({ mustChangePassword: false });
});
