import { expect, test } from 'vitest';
import { ConflictError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { users } from './collections.ts';
import { EntityConflictError, InvalidInputError, StaleEntityError, UnknownEntityError } from './errors.ts';
import { byAdmin, failure, goodPassword, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';

const page = { limit: 100, offset: 0 };
const olga = { username: 'Olga', password: goodPassword, role: 'Operator' } as const;

test('makes, lists, reads, changes and removes users, whatever the case of the name', async () => {
  const { access, now, advance } = openAccess();
  const made = await access.users.create(olga, byAdmin);
  const at = new Date(now()).toISOString();
  expect(made).toEqual({
    userId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    username: 'Olga',
    role: 'Operator',
    isEnabled: true,
    external: false,
    mustChangePassword: false,
    createdAt: at,
    updatedAt: at,
    lastLoginAt: undefined,
    version: 1,
  });
  await access.users.create({ ...olga, username: 'anna', role: 'Viewer', isEnabled: false }, byAdmin);
  expect((await access.users.list(page)).items.map(({ username }) => username)).toEqual(['anna', 'Olga']);
  expect((await access.users.list({ ...page, role: 'Viewer', isEnabled: false })).total).toBe(1);
  await advance(1000);
  const changed = await access.users.update('olga', { role: 'Viewer' }, byAdmin);
  expect(changed).toMatchObject({ role: 'Viewer', version: 2, updatedAt: new Date(now()).toISOString() });
  await access.login({ username: 'OLGA', password: goodPassword, address: '::1', traceId: 't' });
  expect(await access.users.get('oLGA')).toMatchObject({ lastLoginAt: new Date(now()).toISOString(), version: 2 });
  await access.users.remove('olga', byAdmin);
  expect(await failure(() => access.users.get('Olga'))).toBeInstanceOf(UnknownEntityError);
});

test('a name is taken whatever its case, also when two take it at once', async () => {
  const opened = openAccess();
  const taking = ['olga', 'OLGA'].map((username) => opened.access.users.create({ ...olga, username }, byAdmin));
  const settled = await Promise.allSettled(taking);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await failure(() => opened.access.users.create(olga, byAdmin))).toBeInstanceOf(EntityConflictError);
});

test.each([
  ['short', 'short12345!', 'password: must have at least 12 characters'],
  ['short, of signs that take several bytes', '🔒🔒🔒🔒🔒🔒', 'password: must have at least 12 characters'],
  ['long', 'x1'.repeat(129), 'password: must have at most 256 characters'],
  ['the name', 'Olga.Operator', 'password: must not be the name of the user'],
  ['common', 'Password1234', 'password: is too easy to guess'],
  ['one letter', 'aaaaaaaaaaaaaaaa', 'password: is too easy to guess'],
])('refuses a password that is %s', async (_, password, message) => {
  const { access } = openAccess();
  const user = { ...olga, username: 'olga.operator' };
  const error = await failure(() => access.users.create({ ...user, password }, byAdmin));
  expect(error).toBeInstanceOf(InvalidInputError);
  expect(error.message).toBe(message);
  await access.users.create(user, byAdmin);
  expect((await failure(() => access.users.update(user.username, { password }, byAdmin))).message).toBe(message);
});

test.each(['', 'a b', 'ä', 'a/b', '?', 'x'.repeat(65)])('refuses the name %j', async (username) => {
  const { access } = openAccess();
  const error = await failure(() => access.users.create({ ...olga, username }, byAdmin));
  expect(error).toMatchObject({ name: 'InvalidInputError', field: 'username' });
  expect(await failure(() => access.users.get(username))).toBeInstanceOf(UnknownEntityError);
});

test('a change that comes to nothing makes no version and no entry', async () => {
  const { access } = openAccess();
  await access.users.create(olga, byAdmin);
  expect(await access.users.update('olga', { role: 'Operator', isEnabled: true }, byAdmin)).toMatchObject({
    version: 1,
  });
  expect((await access.audit.find({ ...page, eventType: 'user.updated' })).total).toBe(0);
});

test('changes and removals of a version that is past are refused', async () => {
  const { access } = openAccess();
  await access.users.create(olga, byAdmin);
  await access.users.update('olga', { role: 'Viewer' }, { ...byAdmin, ifVersion: 1 });
  for (const change of [
    () => access.users.update('olga', { role: 'Admin' }, { ...byAdmin, ifVersion: 1 }),
    () => access.users.remove('olga', { ...byAdmin, ifVersion: 1 }),
  ]) {
    const error = await failure(change);
    expect(error).toBeInstanceOf(StaleEntityError);
    expect(error).toMatchObject({ status: 412, version: 2 });
  }
});

test('a dry run checks everything and changes nothing', async () => {
  const { access } = openAccess();
  const dry = { ...byAdmin, dryRun: true };
  expect(await access.users.create(olga, dry)).toMatchObject({ username: 'Olga', version: 1 });
  expect(await failure(() => access.users.create({ ...olga, password: 'short' }, dry))).toBeInstanceOf(
    InvalidInputError,
  );
  await access.users.create({ ...olga, role: 'Admin' }, byAdmin);
  expect(await failure(() => access.users.remove('olga', dry))).toBeInstanceOf(EntityConflictError);
  expect(await access.users.update('olga', { mustChangePassword: true }, dry)).toMatchObject({ version: 2 });
  expect(await access.users.get('olga')).toMatchObject({ mustChangePassword: false, version: 1 });
  expect((await access.audit.find(page)).total).toBe(1);
});

test.each([
  ['removed', (opened: OpenedAccess) => opened.access.users.remove('ada', byAdmin)],
  ['disabled', (opened: OpenedAccess) => opened.access.users.update('ada', { isEnabled: false }, byAdmin)],
  ['demoted', (opened: OpenedAccess) => opened.access.users.update('ada', { role: 'Operator' }, byAdmin)],
])('the last enabled Admin cannot be %s', async (_, change) => {
  const opened = openAccess();
  await opened.access.users.create({ ...olga, username: 'ada', role: 'Admin' }, byAdmin);
  await opened.access.users.create({ ...olga, username: 'off', role: 'Admin', isEnabled: false }, byAdmin);
  const error = await failure(() => change(opened));
  expect(error).toBeInstanceOf(EntityConflictError);
  expect(error.message).toBe('ada is the last enabled Admin with a password: make another Admin first');
  await opened.access.users.update('off', { isEnabled: true }, byAdmin);
  await change(opened);
});

test('two Admins who remove each other at once: one stays', async () => {
  for (let round = 0; round < 20; round += 1) {
    const opened = openAccess();
    const create = (username: string) => opened.access.users.create({ ...olga, username, role: 'Admin' }, byAdmin);
    await Promise.all(['ada', 'bob'].map(create));
    const settled = await Promise.allSettled([
      opened.access.users.remove('ada', byAdmin),
      opened.another().users.update('bob', { role: 'Viewer' }, byAdmin),
    ]);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await opened.access.users.list({ ...page, role: 'Admin', isEnabled: true })).total).toBe(1);
  }
});

test('an Admin of the OpenID provider is no last Admin, and has no password to set', async () => {
  const { access, store } = openAccess();
  await access.users.create({ ...olga, username: 'ada', role: 'Admin' }, byAdmin);
  const at = new Date().toISOString();
  const body = {
    username: 'eve',
    role: 'Admin',
    isEnabled: true,
    external: 'https://issuer 1',
    mustChangePassword: false,
    epoch: 'e',
    createdAt: at,
    updatedAt: at,
  };
  await store.commit([{ kind: 'put', collection: users, id: 'eve', body, expect: 'absent' }]);
  expect(await failure(() => access.users.remove('ada', byAdmin))).toBeInstanceOf(EntityConflictError);
  const error = await failure(() => access.users.update('eve', { password: goodPassword }, byAdmin));
  expect(error).toMatchObject({ name: 'InvalidInputError', field: 'password' });
  await access.users.remove('eve', byAdmin);
});

test('a change and its entry in the audit log are one commit', async () => {
  const { access, store } = openAccess();
  const commits = watchCommits(store);
  await access.users.create(olga, byAdmin);
  await access.users.update('olga', { role: 'Viewer', password: 'another good password' }, byAdmin);
  await access.users.remove('olga', byAdmin);
  expect(commits).toEqual([
    ['put users', 'put audit_entries'],
    ['put users', 'put audit_entries'],
    ['remove users', 'remove access_uses', 'put audit_entries'],
  ]);
  const { items } = await access.audit.find({ ...page, entityType: 'user', entityId: 'Olga' });
  expect(items.map(({ eventType, user, details }) => [eventType, user, details])).toEqual([
    ['user.deleted', 'admin', undefined],
    ['user.updated', 'admin', { role: 'Viewer', password: true }],
    ['user.created', 'admin', { role: 'Operator', isEnabled: true }],
  ]);
});

test('a change that is overtaken is decided anew, and given up after a few times', async () => {
  const { access, store } = openAccess();
  await access.users.create(olga, byAdmin);
  const commit = store.commit.bind(store);
  let overtaken = 0;
  store.commit = async (writes) => {
    if (overtaken < 3) {
      overtaken += 1;
      throw new ConflictError({ collection: 'users', id: 'olga' }, 'version');
    }
    await commit(writes);
  };
  expect(await access.users.update('olga', { role: 'Viewer' }, byAdmin)).toMatchObject({ role: 'Viewer' });
  overtaken = Number.NEGATIVE_INFINITY;
  const error = await failure(() => access.users.update('olga', { role: 'Admin' }, byAdmin));
  expect(error).toBeInstanceOf(EntityConflictError);
});

function watchCommits(store: Store): string[][] {
  const seen: string[][] = [];
  const commit = store.commit.bind(store);
  store.commit = async (writes) => {
    seen.push(writes.map(({ kind, collection }) => `${kind} ${collection.name}`));
    await commit(writes);
  };
  return seen;
}
