import { expect, test } from 'vitest';
import { sessions, signingKeys } from './collections.ts';
import { UnauthorizedError, UnknownEntityError } from './errors.ts';
import type { UserPrincipal } from './principal.ts';
import { bearing, byAdmin, goodPassword, openAccess } from './testing/open-access.ts';

const request = { address: '192.0.2.1', traceId: 'trace-1' };

test('a login gives a token that says who it is, in every process', async () => {
  const opened = openAccess();
  const login = await opened.enter('Olga', 'Operator');
  expect(login).toMatchObject({
    expiresAt: new Date(opened.now() + 15 * 60_000).toISOString(),
    refreshExpiresAt: new Date(opened.now() + 12 * 3_600_000).toISOString(),
    user: { username: 'Olga', role: 'Operator', mustChangePassword: false },
  });
  const claims = JSON.parse(Buffer.from(login.token.split('.')[1] ?? '', 'base64url').toString()) as object;
  expect(Object.keys(claims).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'role', 'sid', 'sub']);
  expect(claims).toMatchObject({ iss: 'sluice', aud: 'sluice-management', sub: 'Olga', role: 'Operator' });
  for (const access of [opened.access, opened.another()]) {
    const principal = await access.authenticate(bearing(login.token));
    expect(principal).toMatchObject({ kind: 'user', name: 'Olga', role: 'Operator' });
  }
});

test('logging out ends the session at once in every process', async () => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  const another = opened.another();
  const principal = (await another.authenticate(bearing(login.token))) as UserPrincipal;
  await opened.access.sessions.logout(principal, byAdmin);
  await expect(another.authenticate(bearing(login.token))).rejects.toBeInstanceOf(UnauthorizedError);
  await expect(another.sessions.refresh(login.refreshToken, request)).rejects.toBeInstanceOf(UnauthorizedError);
});

test('a session can be ended by somebody else', async () => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  const [session] = await opened.access.sessions.list('OLGA');
  expect(session).toMatchObject({ username: 'olga', address: '192.0.2.1' });
  const id = session?.sessionId ?? '';
  await opened.access.sessions.revoke(id, { ...byAdmin, dryRun: true });
  await opened.access.authenticate(bearing(login.token));
  await opened.access.sessions.revoke(id, byAdmin);
  await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the session is over');
  await expect(opened.access.sessions.revoke(id, byAdmin)).rejects.toBeInstanceOf(UnknownEntityError);
  expect(await opened.access.sessions.list('olga')).toEqual([]);
});

test.each([
  ['a new password', { password: 'another good password' }],
  ['a new role', { role: 'Admin' }],
  ['being disabled', { isEnabled: false }],
] as const)('%s ends every session of the user', async (_, patch) => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  await opened.another().users.update('olga', patch, byAdmin);
  await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the session is over');
  await expect(opened.access.sessions.refresh(login.refreshToken, request)).rejects.toBeInstanceOf(UnauthorizedError);
});

test('enabling a user again does not bring back old sessions, nor does making the user anew', async () => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  await opened.access.users.update('olga', { isEnabled: false }, byAdmin);
  await opened.access.users.update('olga', { isEnabled: true }, byAdmin);
  await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the session is over');
  await opened.access.users.remove('olga', byAdmin);
  await opened.enter('olga', 'Operator');
  await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the session is over');
});

test('the role is the one of the user now, whatever the token says', async () => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  await opened.access.users.update('olga', { mustChangePassword: true }, byAdmin);
  expect(await opened.access.authenticate(bearing(login.token))).toMatchObject({ mustChangePassword: true });
});

test('a refresh token gives the next pair, as often as it is renewed', async () => {
  const opened = openAccess({ sessionLifetime: 30 * 86_400_000 });
  let login = await opened.enter('olga', 'Operator');
  for (let day = 0; day < 20; day += 1) {
    await opened.advance(86_400_000);
    await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the token has expired');
    login = await opened.access.sessions.refresh(login.refreshToken, request);
    await opened.access.authenticate(bearing(login.token));
  }
  await opened.advance(7 * 86_400_000);
  await expect(opened.access.sessions.refresh(login.refreshToken, request)).rejects.toBeInstanceOf(UnauthorizedError);
});

test('a refresh token that is used twice ends the session, and says so in the audit log', async () => {
  const opened = openAccess();
  const first = await opened.enter('olga', 'Operator');
  const second = await opened.access.sessions.refresh(first.refreshToken, request);
  await opened.access.authenticate(bearing(second.token));
  await opened.advance(10_001);
  await expect(opened.another().sessions.refresh(first.refreshToken, request)).rejects.toThrow('was used before');
  await expect(opened.access.authenticate(bearing(second.token))).rejects.toThrow('the session is over');
  await expect(opened.access.sessions.refresh(second.refreshToken, request)).rejects.toThrow('not valid');
  const { items } = await opened.access.audit.find({ eventType: 'session.reused', limit: 5, offset: 0 });
  expect(items).toMatchObject([{ user: 'olga', outcome: 'denied', entityType: 'session' }]);
});

test('two tabs that refresh at once with one token get the same next one, in different processes too', async () => {
  const opened = openAccess();
  const first = await opened.enter('olga', 'Operator');
  const tabs = [opened.access, opened.another(), opened.access, opened.another()];
  const logins = await Promise.all(tabs.map(({ sessions: each }) => each.refresh(first.refreshToken, request)));
  expect(new Set(logins.map(({ refreshToken }) => refreshToken)).size).toBe(1);
  for (const { token } of logins) await opened.access.authenticate(bearing(token));
  expect(logins[0]?.refreshToken).not.toBe(first.refreshToken);
});

test('whose answer was lost asks again within a few seconds, and the session goes on as it would have', async () => {
  const opened = openAccess();
  const first = await opened.enter('olga', 'Operator');
  const lost = await opened.access.sessions.refresh(first.refreshToken, request);
  expect(JSON.stringify(await opened.store.find(sessions, { limit: 5 }))).not.toContain(
    lost.refreshToken.split('.')[1],
  );
  await opened.advance(10_000);
  const again = await opened.another().sessions.refresh(first.refreshToken, request);
  expect(again).toMatchObject({ refreshToken: lost.refreshToken, refreshExpiresAt: lost.refreshExpiresAt });
  const next = await opened.access.sessions.refresh(again.refreshToken, request);
  await opened.advance(1);
  // One that is older than the latest was not sent twice by chance.
  await expect(opened.access.sessions.refresh(first.refreshToken, request)).rejects.toThrow('was used before');
  await expect(opened.access.authenticate(bearing(next.token))).rejects.toThrow('the session is over');
});

test('no session lasts longer than sessions may, however often it is renewed', async () => {
  const opened = openAccess();
  const began = opened.now();
  let login = await opened.enter('olga', 'Operator');
  while (opened.now() - began < 12 * 3_600_000 - 600_000) {
    await opened.advance(600_000);
    login = await opened.access.sessions.refresh(login.refreshToken, request);
  }
  expect(login.expiresAt).toBe(new Date(began + 12 * 3_600_000).toISOString());
  expect(login.refreshExpiresAt).toBe(login.expiresAt);
  await opened.advance(599_999);
  await opened.access.authenticate(bearing(login.token));
  await opened.advance(1);
  await expect(opened.access.authenticate(bearing(login.token))).rejects.toThrow('the session is over');
  await expect(opened.access.sessions.refresh(login.refreshToken, request)).rejects.toBeInstanceOf(UnauthorizedError);
  expect(await opened.access.sessions.list('olga')).toEqual([]);
});

test('a session of an older version, kept for longer, ends then too', async () => {
  const opened = openAccess();
  const { token } = await opened.enter('olga', 'Operator');
  const [kept] = (await opened.store.find(sessions, { limit: 1 })).items;
  const body = { ...kept?.body, expiresAt: new Date(opened.now() + 7 * 86_400_000).toISOString() };
  await opened.store.commit([{ kind: 'put', collection: sessions, id: kept?.id ?? '', body, expect: 'any' }]);
  await opened.advance(12 * 3_600_000 - 1);
  expect(await opened.access.sessions.list('olga')).toHaveLength(1);
  await opened.advance(1);
  expect(await opened.access.sessions.list('olga')).toEqual([]);
  await expect(opened.access.authenticate(bearing(token))).rejects.toBeInstanceOf(UnauthorizedError);
});

test('a made up refresh token of a known session is refused and does not end it', async () => {
  const opened = openAccess();
  const login = await opened.enter('olga', 'Operator');
  const [id = ''] = login.refreshToken.split('.');
  for (const madeUp of [`${id}.${'0'.repeat(64)}`, `${id}.`, id, '', `${'0'.repeat(32)}.${'0'.repeat(64)}`]) {
    await expect(opened.access.sessions.refresh(madeUp, request)).rejects.toBeInstanceOf(UnauthorizedError);
  }
  await opened.access.sessions.refresh(login.refreshToken, request);
  const { total } = await opened.access.audit.find({ eventType: 'refresh.failed', limit: 1, offset: 0 });
  expect(total).toBe(5);
});

test('sweeping lets go of sessions that have run out, and of no other', async () => {
  const opened = openAccess({ sessionLifetime: 7 * 86_400_000 });
  await opened.enter('olga', 'Operator');
  await opened.advance(6 * 86_400_000);
  await opened.access.login({ username: 'olga', password: goodPassword, ...request });
  await opened.advance(2 * 86_400_000);
  await opened.access.sweep();
  expect((await opened.store.find(sessions, { limit: 10 })).total).toBe(1);
});

test('processes that start at once share one key', async () => {
  const opened = openAccess();
  await opened.access.users.create({ username: 'olga', password: goodPassword, role: 'Viewer' }, byAdmin);
  const processes = [opened.access, opened.another(), opened.another()];
  const logins = await Promise.all(
    processes.map((access) => access.login({ username: 'olga', password: goodPassword, ...request })),
  );
  expect((await opened.store.find(signingKeys, { limit: 10 })).total).toBe(1);
  for (const { token } of logins) {
    for (const access of processes) expect(await access.authenticate(bearing(token))).toMatchObject({ name: 'olga' });
  }
});

test('a key that is too old is replaced; what it signed stays good until it runs out', async () => {
  const opened = openAccess({ keyRotation: 3_600_000 });
  const another = opened.another();
  const login = await opened.enter('olga', 'Operator');
  await opened.advance(3_600_000 - 60_000);
  const old = await opened.access.sessions.refresh(login.refreshToken, request);
  await opened.advance(120_000);
  const next = await another.sessions.refresh(old.refreshToken, request);
  expect(keyOf(next.token)).not.toBe(keyOf(old.token));
  for (const access of [opened.access, another]) {
    for (const { token } of [old, next]) await access.authenticate(bearing(token));
  }
  await opened.access.sweep();
  expect((await opened.store.find(signingKeys, { limit: 10 })).total).toBe(2);
  await opened.advance(20 * 60_000);
  await opened.access.sweep();
  expect((await opened.store.find(signingKeys, { limit: 10 })).total).toBe(1);
});

test('a key of the past verifies nothing, even while it is still in the store', async () => {
  const opened = openAccess({ keyRotation: 60_000, tokenLifetime: 86_400_000 });
  const { token } = await opened.enter('olga', 'Operator');
  // Another process, whose tokens live for a minute, made the rules stricter.
  const [key] = (await opened.store.find(signingKeys, { limit: 1 })).items;
  const body = { ...key?.body, verifiesUntil: new Date(opened.now() + 120_000).toISOString() };
  await opened.store.commit([{ kind: 'put', collection: signingKeys, id: key?.id ?? '', body, expect: 'any' }]);
  const fresh = opened.another();
  await fresh.authenticate(bearing(token));
  await opened.advance(121_000);
  await expect(fresh.authenticate(bearing(token))).rejects.toThrow('the token is not valid');
});

function keyOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid?: unknown }).kid;
}
