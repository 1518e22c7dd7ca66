import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { sessions, signingKeys, users } from './collections.ts';
import type { UserPrincipal } from './principal.ts';
import { bearing, byAdmin, failure, goodPassword, openAccess } from './testing/open-access.ts';

test('no error, log line or audit entry holds a password, token, key or hash', async () => {
  const jwtSecret = 'the secret that signs every token of this test';
  const opened = openAccess({ jwtSecret });
  const { access } = opened;
  const adminPassword = 'admin-pw-1';
  await access.bootstrap({ adminPassword });
  const login = await opened.enter('olga', 'Admin');
  const { key = '', apiKey } = await access.apiKeys.create(
    { name: 'k', role: 'Admin', scopes: ['*'], owner: 'admin' },
    byAdmin,
  );
  await access.consumers.create({ consumerId: 'c', name: 'c' }, byAdmin);
  const { key: consumerKey = '' } = await access.consumers.addKey('c', {}, byAdmin);
  const wrong = 'a wrong password of somebody';
  const next = await access.sessions.refresh(login.refreshToken, { address: '::1', traceId: 't' });
  const principal = (await access.authenticate(bearing(next.token))) as UserPrincipal;
  const changes = { currentPassword: wrong, newPassword: 'another good password' };

  const errors = [
    await failure(() => access.login({ username: 'olga', password: wrong, address: '::1', traceId: 't' })),
    await failure(() => access.login({ username: goodPassword, password: wrong, address: '::1', traceId: 't' })),
    await failure(() => access.users.create({ username: 'x', password: 'too-short', role: 'Viewer' }, byAdmin)),
    await failure(() => access.users.update('olga', { password: 'too-short' }, byAdmin)),
    await failure(() => access.changePassword(principal, changes, byAdmin)),
    await failure(() => access.changePassword(principal, { ...changes, newPassword: 'too-short' }, byAdmin)),
    await failure(() => access.authenticate(bearing(`${next.token}x`))),
    await failure(() => access.authenticate(bearing(key.replace(/.$/, 'x')))),
    await failure(() => access.authenticate({ apiKey: consumerKey, address: '::1' })),
    await failure(() => access.apiKeys.get(key)),
  ];
  // Not before: a repetition within seconds is answered.
  await opened.advance(60_000);
  errors.push(await failure(() => access.sessions.refresh(login.refreshToken, { address: '::1', traceId: 't' })));
  await opened.advance(8 * 86_400_000);
  errors.push(await failure(() => access.authenticate(bearing(next.token))));
  await access.apiKeys.revoke(apiKey.apiKeyId, byAdmin);
  errors.push(await failure(() => access.authenticate(bearing(key))));
  await access.close();

  const audit = await access.audit.find({ limit: 1000, offset: 0 });
  const told = inspect([errors, opened.lines, audit.items], { depth: 10, maxStringLength: null });
  const hash = (await opened.store.get(users, 'olga'))?.body.passwordHash ?? 'missing';
  const kept = (await opened.store.find(sessions, { limit: 10 })).items.map(({ body }) => body.refreshHash);
  const secrets = { jwtSecret, adminPassword, goodPassword, wrong, short: 'too-short', hash };
  const tokens = [login.token, next.token, login.refreshToken, next.refreshToken, key, consumerKey].flatMap((token) => [
    token,
    ...token.split(/[._]/).filter((part) => part.length >= 40),
  ]);
  for (const secret of [...Object.values(secrets), ...tokens, ...kept]) expect(told).not.toContain(secret);
  expect(errors).toHaveLength(13);
});

test('sessions and signing keys are left out of backups', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  expect((await opened.store.find(signingKeys, { limit: 1 })).total).toBe(1);
  const dumped = new Set<string>();
  for await (const { collection } of opened.store.dump()) dumped.add(collection);
  expect([...dumped].toSorted()).toEqual(['access_uses', 'audit_entries', 'users']);
});
