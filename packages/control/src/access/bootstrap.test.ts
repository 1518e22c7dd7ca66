import { expect, test } from 'vitest';
import { users } from './collections.ts';
import { UnauthorizedError } from './errors.ts';
import { bearing, byAdmin, failure, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';

const configured = 'the configured password';

function enter({ access }: OpenedAccess, password: string) {
  return access.login({ username: 'admin', password, address: '::1', traceId: 't' });
}

test('the first start makes an admin with a password that is shown once', async () => {
  const opened = openAccess();
  const first = await opened.access.bootstrap({});
  expect(first.created).toBe(true);
  expect(first.password).toMatch(/^[\w-]{24}$/);
  const login = await enter(opened, first.password ?? '');
  expect(login.user).toEqual({ username: 'admin', role: 'Admin', mustChangePassword: true });
  expect(await opened.access.bootstrap({})).toEqual({ created: false, password: undefined });
  expect(await failure(() => enter(opened, 'another password'))).toBeInstanceOf(UnauthorizedError);
});

test('the first start makes an admin with the password that is configured', async () => {
  const opened = openAccess();
  expect(await opened.access.bootstrap({ adminPassword: configured })).toEqual({ created: true, password: undefined });
  expect((await enter(opened, configured)).user.mustChangePassword).toBe(false);
});

test('processes that start at once make one admin, whose password one of them knows', async () => {
  const opened = openAccess();
  const processes = [opened.access, opened.another(), opened.another()];
  const started = await Promise.all(processes.map((access) => access.bootstrap({})));
  const known = started.filter(({ created }) => created);
  expect(known).toHaveLength(1);
  await enter(opened, known[0]?.password ?? '');
  expect((await opened.access.users.list({ limit: 10, offset: 0 })).total).toBe(1);
});

test('a later start gives admin the configured password only when it is another one', async () => {
  const opened = openAccess();
  await opened.access.bootstrap({ adminPassword: configured });
  const { token } = await enter(opened, configured);
  await opened.another().bootstrap({ adminPassword: configured });
  await opened.access.authenticate(bearing(token));
  expect((await opened.store.get(users, 'admin'))?.version).toBe(1);
  await opened.another().bootstrap({ adminPassword: 'a newer configured password' });
  expect(await failure(() => opened.access.authenticate(bearing(token)))).toBeInstanceOf(UnauthorizedError);
  await enter(opened, 'a newer configured password');
  const { items } = await opened.access.audit.find({ limit: 5, offset: 0, eventType: 'user.updated' });
  expect(items).toMatchObject([{ user: 'start', userKind: 'system', entityId: 'admin', details: { password: true } }]);
});

test('an admin that was removed stays away', async () => {
  const opened = openAccess();
  await opened.access.bootstrap({ adminPassword: configured });
  await opened.access.users.create({ username: 'ada', password: configured, role: 'Admin' }, byAdmin);
  await opened.access.users.remove('admin', byAdmin);
  expect(await opened.access.bootstrap({ adminPassword: configured })).toMatchObject({ created: false });
  expect(await failure(() => enter(opened, configured))).toBeInstanceOf(UnauthorizedError);
  expect(opened.lines.join('\n')).toContain('the user admin was removed');
});
