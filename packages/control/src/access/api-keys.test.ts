import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../store/index.ts';
import { apiKeys } from './collections.ts';
import { EntityConflictError, StaleEntityError, UnauthorizedError, UnknownEntityError } from './errors.ts';
import { bearing, byAdmin, failure, openAccess } from './testing/open-access.ts';

const page = { limit: 100, offset: 0 };
const address = '192.0.2.1';
const deploy = { name: 'deploy', role: 'Operator', scopes: ['routes:read', 'deployments:*'] } as const;

test('a key is shown once, and opens the door as a bearer token and as X-Api-Key, in every process', async () => {
  const { access, another, now } = openAccess();
  const { apiKey, key = '' } = await access.apiKeys.create(deploy, byAdmin);
  expect(key).toMatch(/^sluice_[0-9a-f]{32}_[0-9a-f]{64}$/);
  const at = new Date(now()).toISOString();
  const made = { createdAt: at, updatedAt: at, createdBy: 'admin', owner: { kind: 'store' }, version: 1 };
  expect(apiKey).toMatchObject({ ...deploy, ...made, expiresAt: undefined, lastUsedAt: undefined });
  const principal = { kind: 'apiKey', ...deploy, id: apiKey.apiKeyId, owner: undefined };
  for (const process of [access, another()]) {
    expect(await process.authenticate(bearing(key))).toEqual(principal);
    expect(await process.authenticate({ apiKey: key, address })).toEqual(principal);
  }
  expect(JSON.stringify([await access.apiKeys.list(page), await access.apiKeys.get(apiKey.apiKeyId)])).not.toMatch(
    /[0-9a-f]{64}|hash/,
  );
});

test('a revoked key is refused at once, everywhere', async () => {
  const { access, another } = openAccess();
  const { apiKey, key = '' } = await access.apiKeys.create(deploy, byAdmin);
  const other = another();
  await other.authenticate({ apiKey: key, address });
  const { apiKeyId } = apiKey;
  expect(await failure(() => access.apiKeys.revoke(apiKeyId, { ...byAdmin, ifVersion: 7 }))).toBeInstanceOf(
    StaleEntityError,
  );
  await access.apiKeys.revoke(apiKeyId, { ...byAdmin, dryRun: true });
  await other.authenticate({ apiKey: key, address });
  await access.apiKeys.revoke(apiKeyId, byAdmin);
  expect(await failure(() => other.authenticate({ apiKey: key, address }))).toBeInstanceOf(UnauthorizedError);
  expect(await failure(() => access.apiKeys.revoke(apiKeyId, byAdmin))).toBeInstanceOf(UnknownEntityError);
  const { items } = await access.audit.find({ ...page, entityType: 'apiKey' });
  expect(items.map(({ eventType, entityId }) => [eventType, entityId])).toEqual([
    ['apiKey.revoked', apiKeyId],
    ['apiKey.created', apiKeyId],
  ]);
});

test('an expired key is refused', async () => {
  const { access, advance, now } = openAccess();
  const expiresAt = new Date(now() + 60_000).toISOString();
  const { key = '' } = await access.apiKeys.create({ ...deploy, expiresAt }, byAdmin);
  await advance(59_999);
  await access.authenticate({ apiKey: key, address });
  await advance(1);
  expect((await failure(() => access.authenticate({ apiKey: key, address }))).message).toBe('the API key has expired');
});

test('a key that was altered is refused', async () => {
  const { access } = openAccess();
  const { key = '' } = await access.apiKeys.create(deploy, byAdmin);
  const { key: other = '' } = await access.apiKeys.create({ ...deploy, name: 'other' }, byAdmin);
  const [, id = '', secret = ''] = key.split('_');
  const altered = [
    `sluice_${id}_${secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`,
    `sluice_${id}_${other.split('_')[2]}`,
    `sluice_${'0'.repeat(32)}_${secret}`,
    `sluice_${id}_${secret.toUpperCase()}`,
    `sluice_${id}_`,
    `sluice_${id}`,
    `SLUICE_${id}_${secret}`,
    `${key}\n`,
    secret,
    '',
  ];
  for (const each of altered) {
    expect(await failure(() => access.authenticate({ apiKey: each, address }))).toBeInstanceOf(UnauthorizedError);
    expect(await failure(() => access.authenticate(bearing(each)))).toBeInstanceOf(UnauthorizedError);
  }
});

test('what is kept is a hash', async () => {
  const { access, store } = openAccess();
  const { apiKey, key = '' } = await access.apiKeys.create(deploy, byAdmin);
  const stored = await store.get(apiKeys, apiKey.apiKeyId);
  expect(stored?.body.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(stored)).not.toContain(key.split('_')[2]);
});

test('when a key was last used is written at most once a minute, and never stops a request', async () => {
  const { access, store, advance, now, lines } = openAccess();
  const { apiKey, key = '' } = await access.apiKeys.create(deploy, byAdmin);
  const first = now();
  let commits = 0;
  const commit = store.commit.bind(store);
  store.commit = async (writes) => {
    commits += 1;
    await commit(writes);
  };
  const use = () => access.authenticate({ apiKey: key, address });
  for (let count = 0; count < 100; count += 1) await use();
  await advance(59_000);
  await use();
  expect(commits).toBe(1);
  expect(await access.apiKeys.get(apiKey.apiKeyId)).toMatchObject({
    lastUsedAt: new Date(first).toISOString(),
    version: 1,
  });
  await advance(1000);
  await use();
  expect(commits).toBe(2);
  store.commit = () => Promise.reject(new StoreUnavailableError('away'));
  await advance(60_000);
  await use();
  await access.close();
  expect(lines.join('\n')).toContain('the last use of a key could not be stored');
});

test('names are unique, and scopes and times are checked', async () => {
  const { access } = openAccess();
  await access.apiKeys.create(deploy, byAdmin);
  expect(await failure(() => access.apiKeys.create(deploy, byAdmin))).toBeInstanceOf(EntityConflictError);
  const bad = [
    [{ name: '' }, 'name'],
    [{ name: 'two\nlines' }, 'name'],
    [{ name: 'turned\u202eround' }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['routes:read', 'routes'] }, 'scopes[1]'],
    [{ scopes: ['*:*'] }, 'scopes[0]'],
    [{ scopes: ['routes:*', 'route:read'] }, 'scopes[1]'],
    [{ scopes: ['nodes:write'] }, 'scopes[0]'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ] as const;
  for (const [change, field] of bad) {
    const error = await failure(() => access.apiKeys.create({ ...deploy, name: 'new', ...change }, byAdmin));
    expect(error).toMatchObject({ name: 'InvalidInputError', field });
  }
  const dry = await access.apiKeys.create({ ...deploy, name: 'dry' }, { ...byAdmin, dryRun: true });
  expect(dry.key).toBeUndefined();
  expect((await access.apiKeys.list(page)).items.map(({ name }) => name)).toEqual(['deploy']);
});
