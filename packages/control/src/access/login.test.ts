import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../store/index.ts';
import { users } from './collections.ts';
import { InvalidInputError, ThrottledError, UnauthorizedError } from './errors.ts';
import type { UserPrincipal } from './principal.ts';
import { bearing, byAdmin, failure, goodPassword, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';

const page = { limit: 100, offset: 0 };

function tryLogin({ access }: OpenedAccess, username: string, password: string, address = '192.0.2.1') {
  return access.login({ username, password, address, traceId: 'trace-1' });
}

test('an unknown user, a wrong password and a disabled user get the same answer', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  await opened.enter('off', 'Viewer');
  await opened.access.users.update('off', { isEnabled: false }, byAdmin);
  const errors = await Promise.all([
    failure(() => tryLogin(opened, 'olga', 'a wrong password')),
    failure(() => tryLogin(opened, 'nobody', goodPassword)),
    failure(() => tryLogin(opened, 'off', goodPassword)),
    failure(() => tryLogin(opened, 'no such\nname', goodPassword)),
    failure(() => tryLogin(opened, 'olga', `${goodPassword}\0`)),
    failure(() => tryLogin(opened, 'olga', '')),
  ]);
  for (const error of errors) {
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(error.message).toBe('the username or the password is wrong');
  }
});

test('failed logins are in the audit log: known users by name, what else was typed not at all', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  await failure(() => tryLogin(opened, 'olga', 'a wrong password'));
  await failure(() => tryLogin(opened, 'my-password-typed-here', 'olga'));
  const { items } = await opened.access.audit.find({ ...page, eventType: 'login.failed' });
  expect(items).toMatchObject([
    { user: 'unknown', userKind: 'anonymous', outcome: 'failed', address: '192.0.2.1', traceId: 'trace-1' },
    { user: 'olga', userKind: 'user', entityId: 'olga', outcome: 'failed' },
  ]);
  expect(JSON.stringify(items)).not.toContain('typed-here');
});

test('five failures are free, then waits double; the right password has to wait too, and is then forgiven', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  for (let count = 0; count < 5; count += 1) {
    expect(await failure(() => tryLogin(opened, 'olga', 'wrong'))).toBeInstanceOf(UnauthorizedError);
  }
  for (const wait of [1, 2, 4, 8]) {
    const error = await failure(() => tryLogin(opened, 'olga', goodPassword));
    expect(error).toBeInstanceOf(ThrottledError);
    expect(error).toMatchObject({ retryAfterSeconds: wait, code: 'RATE_LIMIT_EXCEEDED', status: 429 });
    await opened.advance(wait * 1000);
    expect(await failure(() => tryLogin(opened, 'olga', 'wrong'))).toBeInstanceOf(UnauthorizedError);
  }
  await opened.advance(16_000);
  await tryLogin(opened, 'olga', goodPassword);
  expect(await failure(() => tryLogin(opened, 'olga', 'wrong'))).toBeInstanceOf(UnauthorizedError);
  const { total } = await opened.access.audit.find({ ...page, eventType: 'login.throttled' });
  expect(total).toBe(4);
});

test('many attempts at once get no more guesses than one after the other', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  const errors = await Promise.all(Array.from({ length: 30 }, () => failure(() => tryLogin(opened, 'olga', 'wrong'))));
  expect(errors.filter((error) => error instanceof UnauthorizedError)).toHaveLength(5);
  expect(errors.filter((error) => error instanceof ThrottledError)).toHaveLength(25);
});

test('whoever fails in the name of a user locks out nobody but themselves', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  for (let host = 1; host <= 60; host += 1) {
    await failure(() => tryLogin(opened, 'olga', 'wrong', `198.51.100.${host}`));
  }
  // From where the user has been before, at once.
  await tryLogin(opened, 'olga', goodPassword, '192.0.2.1');
  // From elsewhere, after asking twice; the attack goes on all the while.
  const first = await failure(() => tryLogin(opened, 'olga', goodPassword, '203.0.113.9'));
  expect(first).toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 30 });
  for (let host = 61; host <= 90; host += 1) {
    await opened.advance(1000);
    await failure(() => tryLogin(opened, 'olga', 'wrong', `198.51.100.${host}`));
  }
  await tryLogin(opened, 'olga', goodPassword, '203.0.113.9');
});

test('an address that fails with many names has to wait, all of an IPv6 network together', async () => {
  const opened = openAccess();
  for (let count = 0; count < 30; count += 1) {
    const address = `2001:db8:1:2:${count.toString(16)}::${count}`;
    expect(await failure(() => tryLogin(opened, `user${count}`, 'wrong', address))).toBeInstanceOf(UnauthorizedError);
  }
  expect(await failure(() => tryLogin(opened, 'fresh', 'wrong', '2001:db8:1:2::ffff'))).toBeInstanceOf(ThrottledError);
  expect(await failure(() => tryLogin(opened, 'fresh', 'wrong', '2001:db8:1:3::1'))).toBeInstanceOf(UnauthorizedError);
});

test('an attempt that could not be checked counts for nothing', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  const { get } = opened.store;
  opened.store.get = () => Promise.reject(new StoreUnavailableError('away'));
  for (let count = 0; count < 20; count += 1) {
    expect(await failure(() => tryLogin(opened, 'olga', goodPassword))).toBeInstanceOf(StoreUnavailableError);
  }
  opened.store.get = get;
  await tryLogin(opened, 'olga', goodPassword);
});

test('too many who log in at once are asked to come again', async () => {
  const opened = openAccess();
  const logins = Array.from({ length: 60 }, (_, host) =>
    failure(() => tryLogin(opened, `user${host}`, 'wrong', `198.51.100.${host}`)),
  );
  const errors = await Promise.all(logins);
  const refused = errors.filter((error) => error instanceof ThrottledError);
  expect(refused).toHaveLength(60 - 34);
  expect(refused[0]?.message).toBe('too many passwords are being checked');
});

test('a password that was hashed at another cost is hashed anew at the next login', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  const old = await opened.store.get(users, 'olga');
  const { hashPassword } = await import('./argon2.ts');
  const passwordHash = await hashPassword(goodPassword, { memory: 32, passes: 1, parallelism: 1 }, () =>
    Buffer.alloc(16, 1),
  );
  const body = { ...old?.body, passwordHash };
  await opened.store.commit([{ kind: 'put', collection: users, id: 'olga', body, expect: 'any' }]);
  const { token } = await tryLogin(opened, 'olga', goodPassword);
  const renewed = await opened.store.get(users, 'olga');
  expect(renewed?.body.passwordHash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  await opened.access.authenticate(bearing(token));
});

test('no session is made of a password that is changed while it is checked', async () => {
  const opened = openAccess();
  await opened.enter('olga', 'Viewer');
  const { commit } = opened.store;
  opened.store.commit = async (writes) => {
    opened.store.commit = commit;
    await opened.another().users.update('olga', { password: 'another good password' }, byAdmin);
    await opened.store.commit(writes);
  };
  const error = await failure(() => tryLogin(opened, 'olga', goodPassword));
  expect(error).toBeInstanceOf(UnauthorizedError);
  expect(await opened.access.sessions.list('olga')).toEqual([]);
});

test('users change their own password, if they know it', async () => {
  const opened = openAccess();
  const { token } = await opened.enter('olga', 'Viewer');
  const principal = (await opened.access.authenticate(bearing(token))) as UserPrincipal;
  const context = { ...byAdmin, actor: { kind: 'user', id: principal.id, name: 'olga' } } as const;
  const change = (currentPassword: string, newPassword: string) =>
    opened.access.changePassword(principal, { currentPassword, newPassword }, context);
  const newPassword = 'quite another password';
  const wrong = await failure(() => change('wrong', newPassword));
  expect(wrong).toMatchObject({ name: 'InvalidInputError', field: 'currentPassword' });
  const weak = await failure(() => change(goodPassword, 'short'));
  expect(weak).toMatchObject({ name: 'InvalidInputError', field: 'newPassword' });
  await change(goodPassword, newPassword);
  expect(await failure(() => opened.access.authenticate(bearing(token)))).toBeInstanceOf(UnauthorizedError);
  await tryLogin(opened, 'olga', newPassword);
  for (let count = 0; count < 5; count += 1) await failure(() => change('wrong', goodPassword));
  expect(await failure(() => change(newPassword, goodPassword))).toBeInstanceOf(ThrottledError);
  expect(wrong).toBeInstanceOf(InvalidInputError);
});
