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

/** A client that nobody has given a token. */
function stranger(token?: string): Client {
  const peer = { address: '10.1.1.1', isCertified: false };
  return createClient({
    url: 'http://sluice',
    token,
    fetch: (url, settings) => started.api.fetch(new Request(url, settings), peer),
  });
}

test('logging in, looking who one is, going on, and logging out', async () => {
  const client = stranger();
  const body = { username: 'admin', password: testPassword };
  const login = await client.login({ body });
  expect(login.user).toEqual({ username: 'admin', role: 'Admin', mustChangePassword: false });
  expect(await client.me()).toMatchObject({ kind: 'user', username: 'admin', role: 'Admin' });
  const next = await client.refresh({ body: { refreshToken: login.refreshToken } });
  expect(next.token).not.toBe(login.token);
  await client.logout();
  await expect(stranger(next.token).me()).rejects.toMatchObject({ status: 401 });
  await expect(client.login({ body: { ...body, password: 'wrong' } })).rejects.toMatchObject({ status: 401 });
});

test('the own password is changed with the old one', async () => {
  await admin.createUser({ body: { username: 'ada', password: testPassword, role: 'Viewer' } });
  const ada = stranger();
  await ada.login({ body: { username: 'ada', password: testPassword } });
  const newPassword = 'another correct horse';
  await ada.changePassword({ body: { currentPassword: testPassword, newPassword } });
  expect(await stranger().login({ body: { username: 'ada', password: newPassword } })).toHaveProperty('token');
});

test('users are created, read, listed, changed and removed', async () => {
  const input = { username: 'ada', password: testPassword, role: 'Viewer' } as const;
  expect(await admin.dryRun.createUser({ body: input })).toMatchObject({ changed: true, problems: [] });
  const made = await admin.createUser({ body: input });
  expect(made).toMatchObject({ username: 'ada', role: 'Viewer', isEnabled: true, version: 1 });
  expect(JSON.stringify(made)).not.toContain('assword":"');
  await expect(admin.createUser({ body: input })).rejects.toMatchObject({ status: 409 });
  const params = { username: 'ada' };
  const preview = await admin.dryRun.updateUser({ params, body: { role: 'Operator' } });
  expect(preview.changes).toMatchObject([{ before: { role: 'Viewer' }, after: { role: 'Operator' } }]);
  expect(await admin.getUser({ params })).toEqual(made);
  expect(await admin.updateUser({ params, body: { role: 'Operator' }, ifMatch: 1 })).toMatchObject({ version: 2 });
  await expect(admin.deleteUser({ params, ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
  expect((await admin.listUsers({ query: { role: 'Operator' } })).users).toMatchObject([{ username: 'ada' }]);
  await admin.deleteUser({ params });
  await expect(admin.getUser({ params })).rejects.toMatchObject({ status: 404 });
});

test('a weak password is refused with the name of the field, and tells so in a dry run', async () => {
  const body = { username: 'ada', password: 'short', role: 'Viewer' } as const;
  await expect(admin.createUser({ body })).rejects.toMatchObject({ status: 400, details: [{ path: 'password' }] });
  expect((await admin.dryRun.createUser({ body })).problems).toMatchObject([{ path: 'password' }]);
});

test('sessions are listed and ended', async () => {
  const viewer = await started.client('Viewer');
  const params = { username: 'viewer' };
  const { sessions } = await admin.listSessions({ params });
  expect(sessions).toHaveLength(1);
  const { sessionId } = sessions[0];
  await expect(admin.deleteSession({ params: { username: 'admin', sessionId } })).rejects.toMatchObject({
    status: 404,
  });
  await admin.deleteSession({ params: { username: 'viewer', sessionId } });
  await expect(viewer.me()).rejects.toMatchObject({ status: 401 });
});

test('an API key is shown once, works within its scopes, and is refused once revoked', async () => {
  const body = { name: 'ci', role: 'Admin', scopes: ['routes:*'] } as const;
  expect(await admin.dryRun.createApiKey({ body: { ...body, scopes: ['routes:*'] } })).toMatchObject({ changed: true });
  const { apiKey, key } = await admin.createApiKey({ body: { ...body, scopes: ['routes:*'] } });
  const program = stranger(key);
  expect(await program.me()).toEqual({ kind: 'apiKey', username: 'ci', role: 'Admin', scopes: ['routes:*'] });
  await program.createRoute({ body: testRoute });
  await expect(program.listUsers()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(program.logout()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const { apiKeyId } = apiKey;
  expect(JSON.stringify(await admin.getApiKey({ params: { apiKeyId } }))).not.toContain(key);
  expect((await admin.listApiKeys()).total).toBe(1);
  expect((await admin.listRevisions()).revisions[0].author).toEqual({ kind: 'apiKey', name: 'ci', id: apiKeyId });
  await admin.deleteApiKey({ params: { apiKeyId } });
  await expect(program.me()).rejects.toMatchObject({ status: 401 });
});

test('consumers and their keys', async () => {
  const made = await admin.createConsumer({ body: { name: 'Shop', organization: 'acme', tier: 'gold' } });
  const params = { consumerId: made.consumerId };
  const { consumerKey, key } = await admin.createConsumerKey({ params, body: { name: 'web' } });
  expect(key.length).toBeGreaterThan(20);
  expect((await admin.listConsumerKeys({ params })).keys).toEqual([consumerKey]);
  expect((await admin.listConsumers({ query: { organization: 'acme' } })).total).toBe(1);
  const changed = await admin.updateConsumer({ params, body: { tier: 'silver' } });
  expect(changed).toMatchObject({ tier: 'silver', organization: 'acme' });
  await admin.deleteConsumerKey({ params: { ...params, keyId: consumerKey.keyId } });
  expect((await admin.getConsumer({ params })).keys).toEqual([]);
  const preview = await admin.dryRun.deleteConsumer({ params });
  expect(preview.changes).toMatchObject([{ entityType: 'consumer', before: { name: 'Shop' } }]);
  await admin.deleteConsumer({ params });
  await expect(admin.getConsumer({ params })).rejects.toMatchObject({ status: 404 });
});

test('the audit log is filtered, and its times may be written in any way that ISO 8601 has', async () => {
  await admin.createRoute({ body: testRoute });
  const total = async (query: object): Promise<number> => (await admin.listAuditLogs({ query })).total;
  expect(await total({ user: 'admin', entityType: 'route' })).toBe(1);
  expect(await total({ entityType: 'route', since: '2026-01-01T00:00:00Z' })).toBe(1);
  expect(await total({ entityType: 'route', since: '2026-01-01T00:00:00.001Z' })).toBe(0);
  expect(await total({ entityType: 'route', until: '2026-01-01T00:00:00Z' })).toBe(0);
});

test('without a provider, the OpenID operations say that they are not configured', async () => {
  const answer = await started.send('GET', '/api/v1/authentication/oidc/login');
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('access.oidc');
});
