import { expect, test } from 'vitest';
import { apiKeys, auditEntries, users } from './collections.ts';
import { ForbiddenError, UnauthorizedError } from './errors.ts';
import { hashSecret } from './secrets.ts';
import { bearing, byAdmin, failure, goodPassword, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';
import type { AccessContext, UserPrincipal } from './principal.ts';

const address = '192.0.2.1';
const all = { role: 'Admin', scopes: ['*'] } as const;

/** Logs a new user in: the context of what that user does. */
async function enter(opened: OpenedAccess, username: string, role: UserPrincipal['role']): Promise<AccessContext> {
  const { token } = await opened.enter(username, role);
  const { id, name } = (await opened.access.authenticate(bearing(token))) as UserPrincipal;
  return { ...byAdmin, actor: { kind: 'user', id, name } };
}

test('a person gives no role above the own, and touches nobody above', async () => {
  const opened = openAccess();
  const { access } = opened;
  const by = await enter(opened, 'olga', 'Operator');
  await access.users.create({ username: 'ada', password: goodPassword, role: 'Admin' }, byAdmin);
  const eve = { username: 'eve', password: goodPassword } as const;
  for (const attempt of [
    () => access.users.create({ ...eve, role: 'Admin' }, by),
    () => access.users.update('olga', { role: 'Admin' }, by),
    () => access.users.update('ada', { password: 'another good password' }, by),
    () => access.users.remove('ada', by),
    () => access.apiKeys.create({ name: 'ci', ...all }, by),
  ]) {
    expect(await failure(attempt)).toBeInstanceOf(ForbiddenError);
  }
  await access.users.create({ ...eve, role: 'Viewer' }, by);
  const { apiKey } = await access.apiKeys.create({ name: 'ci', role: 'Operator', scopes: ['*'] }, by);
  expect(apiKey.owner).toMatchObject({ kind: 'user', username: 'olga' });
});

test('who is demoted while a grant is under way, gives nothing', async () => {
  const opened = openAccess();
  const { access, store, another } = opened;
  const by = await enter(opened, 'ada', 'Admin');
  await access.users.create({ username: 'spare', password: goodPassword, role: 'Admin' }, byAdmin);
  const { commit } = store;
  store.commit = async (writes) => {
    store.commit = commit;
    await another().users.update('ada', { role: 'Viewer' }, byAdmin);
    await store.commit(writes);
  };
  expect(await failure(() => access.apiKeys.create({ name: 'ci', ...all }, by))).toBeInstanceOf(ForbiddenError);
});

test('a key of the store is that of the user who is named; before there are users it is a root key', async () => {
  const opened = openAccess();
  const { access } = opened;
  const one = await access.apiKeys.create({ name: 'one', ...all }, byAdmin);
  expect(await access.authenticate({ apiKey: one.key, address })).toMatchObject({ role: 'Admin', owner: undefined });
  expect(one.apiKey.owner).toEqual({ kind: 'store' });
  const { actor } = await enter(opened, 'olga', 'Operator');
  const two = await access.apiKeys.create({ name: 'two', ...all, role: 'Operator', owner: 'OLGA' }, byAdmin);
  expect(await access.authenticate({ apiKey: two.key, address })).toMatchObject({
    owner: { name: 'olga', id: 'id' in actor ? actor.id : '' },
  });
  for (const [wrong, field] of [
    [{ ...all, owner: 'olga' }, 'role'],
    [{ ...all, owner: 'nobody' }, 'owner'],
    [all, 'owner'],
  ] as const) {
    const error = await failure(() => access.apiKeys.create({ name: 'three', ...wrong }, byAdmin));
    expect(error).toMatchObject({ name: 'InvalidInputError', field });
  }
});

/** Puts a key into the store as older versions made it, and what they wrote into the audit log. */
async function olderKey(
  opened: OpenedAccess,
  made: { readonly name: string; readonly createdBy: string; readonly userKind?: 'user' | 'apiKey' | 'system' },
): Promise<string> {
  const { store } = opened;
  const { name, createdBy, userKind } = made;
  const { total } = await store.find(apiKeys, { limit: 1 });
  const [id, secret] = [String(total).padStart(32, '0'), 'a'.repeat(64)];
  const at = new Date(opened.now()).toISOString();
  const body = { name, ...all, scopes: ['*', 'users:write'], hash: hashSecret(secret), createdBy };
  const key = { ...body, createdAt: at, updatedAt: at };
  await store.commit([{ kind: 'put', collection: apiKeys, id, body: key, expect: 'absent' }]);
  if (userKind !== undefined) {
    const about = { eventType: 'apiKey.created', entityType: 'apiKey', entityId: id, details: { name } };
    const entry = { ...about, at, user: createdBy, userKind, address, traceId: 't', outcome: 'done' } as const;
    await store.commit([{ kind: 'put', collection: auditEntries, id: `0-${id}`, body: entry, expect: 'absent' }]);
  }
  await opened.advance(1000);
  return `sluice_${id}_${secret}`;
}

/** Makes a user as older versions did. */
async function olderUser(opened: OpenedAccess, username: string): Promise<void> {
  await opened.access.users.create({ username, password: goodPassword, role: 'Operator' }, byAdmin);
  const stored = await opened.store.get(users, username);
  if (stored === undefined) throw new Error('the user is not there');
  const { personId: _none, ...body } = stored.body;
  await opened.store.commit([{ kind: 'put', collection: users, id: username, body, expect: 'any' }]);
  await opened.advance(1000);
}

test('a key of an older version is that of the person at its root, as the audit log tells', async () => {
  const opened = openAccess();
  await olderUser(opened, 'anna');
  const keys = [
    await olderKey(opened, { name: 'first', createdBy: 'anna', userKind: 'user' }),
    await olderKey(opened, { name: 'second', createdBy: 'first', userKind: 'apiKey' }),
    await olderKey(opened, { name: 'third', createdBy: 'second', userKind: 'apiKey' }),
    await olderKey(opened, { name: 'forgotten by the log', createdBy: 'Anna' }),
  ];
  for (const access of [opened.access, opened.another()]) {
    for (const apiKey of keys) {
      const principal = await access.authenticate({ apiKey, address });
      expect(principal).toMatchObject({ role: 'Operator', owner: { name: 'anna' } });
    }
  }
  const { items } = await opened.access.apiKeys.list({ limit: 10, offset: 0 });
  expect(new Set(items.map(({ owner }) => JSON.stringify(owner))).size).toBe(1);
  await opened.access.users.update('anna', { isEnabled: false }, byAdmin);
  for (const apiKey of keys) {
    expect(await failure(() => opened.access.authenticate({ apiKey, address }))).toBeInstanceOf(UnauthorizedError);
  }
});

test('a key of an older version whose maker is gone opens nothing, also when there is another of the name', async () => {
  const opened = openAccess();
  const key = await olderKey(opened, { name: 'first', createdBy: 'anna', userKind: 'user' });
  const made = await olderKey(opened, { name: 'second', createdBy: 'first', userKind: 'apiKey' });
  await olderUser(opened, 'anna');
  for (const apiKey of [key, made]) {
    expect(await failure(() => opened.access.authenticate({ apiKey, address }))).toBeInstanceOf(UnauthorizedError);
  }
});

test('a key of an older version that was made at the store works on; one of an unknown maker reads', async () => {
  const opened = openAccess();
  const ofStore = await olderKey(opened, { name: 'ops', createdBy: 'root', userKind: 'system' });
  const unknown = await olderKey(opened, { name: 'old', createdBy: 'root' });
  const roleOf = async (apiKey: string) => (await opened.access.authenticate({ apiKey, address })).role;
  expect([await roleOf(ofStore), await roleOf(unknown)]).toEqual(['Admin', 'Viewer']);
});
