import { expect, test } from 'vitest';
import { consumers } from './collections.ts';
import { EntityConflictError, StaleEntityError, UnauthorizedError, UnknownEntityError } from './errors.ts';
import { bearing, byAdmin, failure, openAccess } from './testing/open-access.ts';

const page = { limit: 100, offset: 0 };
const shop = { consumerId: 'shop', name: 'The shop', organization: 'Acme', tier: 'gold', scopes: ['orders', 'orders'] };

test('an id that would be a step in an address is refused; a subject is as long as a certificate needs', async () => {
  const { access } = openAccess();
  for (const consumerId of ['..', '.'])
    expect(await failure(() => access.consumers.create({ consumerId, name: 'x' }, byAdmin))).toMatchObject({
      field: 'consumerId',
    });
  const subjects = ['x'.repeat(256)];
  expect(await access.consumers.create({ name: 'x', subjects }, byAdmin)).toMatchObject({ subjects });
});

test('makes, lists, reads, changes and removes consumers', async () => {
  const { access, now } = openAccess();
  const at = new Date(now()).toISOString();
  expect(await access.consumers.create(shop, byAdmin)).toEqual({
    ...shop,
    scopes: ['orders'],
    roles: [],
    permissions: [],
    subjects: [],
    isEnabled: true,
    expiresAt: undefined,
    createdAt: at,
    updatedAt: at,
    keys: [],
    version: 1,
  });
  const unnamed = await access.consumers.create({ name: 'Another' }, byAdmin);
  expect(unnamed).toMatchObject({ organization: '', tier: '', scopes: [] });
  expect((await access.consumers.list(page)).items.map(({ name }) => name)).toEqual(['Another', 'The shop']);
  expect((await access.consumers.list({ ...page, organization: 'Acme', tier: 'gold', isEnabled: true })).total).toBe(1);
  const expiresAt = '2031-01-01T00:00:00.000Z';
  const changed = await access.consumers.update('shop', { tier: 'silver', expiresAt, isEnabled: false }, byAdmin);
  expect(changed).toMatchObject({ tier: 'silver', expiresAt, isEnabled: false, version: 2 });
  expect(await access.consumers.update('shop', { tier: 'silver' }, byAdmin)).toMatchObject({ expiresAt, version: 2 });
  expect(await access.consumers.update('shop', { expiresAt: null }, byAdmin)).toMatchObject({
    expiresAt: undefined,
    version: 3,
  });
  expect(await failure(() => access.consumers.remove('shop', { ...byAdmin, ifVersion: 2 }))).toBeInstanceOf(
    StaleEntityError,
  );
  await access.consumers.remove('shop', byAdmin);
  expect(await failure(() => access.consumers.get('shop'))).toBeInstanceOf(UnknownEntityError);
  const { items } = await access.audit.find({ ...page, entityType: 'consumer', entityId: 'shop' });
  expect(items.map(({ eventType, details }) => [eventType, details])).toEqual([
    ['consumer.deleted', { name: 'The shop' }],
    ['consumer.updated', { expiresAt: null }],
    ['consumer.updated', { tier: 'silver', isEnabled: false, expiresAt }],
    [
      'consumer.created',
      {
        name: 'The shop',
        organization: 'Acme',
        tier: 'gold',
        scopes: ['orders'],
        roles: [],
        permissions: [],
        subjects: [],
      },
    ],
  ]);
});

test('keys are shown once, kept as hashes, and taken away one by one', async () => {
  const { access, store } = openAccess();
  await access.consumers.create(shop, byAdmin);
  const first = await access.consumers.addKey('shop', { name: 'old' }, byAdmin);
  const second = await access.consumers.addKey('shop', { expiresAt: '2031-01-01T00:00:00Z' }, byAdmin);
  expect(first.key).toMatch(/^slc_[0-9a-f]{32}_[0-9a-f]{64}$/);
  expect((await access.consumers.get('shop')).keys).toEqual([first.consumerKey, second.consumerKey]);
  const kept = JSON.stringify(await store.get(consumers, 'shop'));
  for (const { key = '' } of [first, second]) expect(kept).not.toContain(key.split('_')[2]);
  await access.consumers.revokeKey('shop', first.consumerKey.keyId, byAdmin);
  expect((await access.consumers.get('shop')).keys).toEqual([second.consumerKey]);
  const gone = await failure(() => access.consumers.revokeKey('shop', first.consumerKey.keyId, byAdmin));
  expect(gone).toBeInstanceOf(UnknownEntityError);
  const dry = await access.consumers.addKey('shop', {}, { ...byAdmin, dryRun: true });
  expect(dry.key).toBeUndefined();
  expect((await access.consumers.get('shop')).keys).toHaveLength(1);
});

test('keys that are made at once are all kept, up to twenty', async () => {
  const { access } = openAccess();
  await access.consumers.create(shop, byAdmin);
  await Promise.all([1, 2, 3].map((index) => access.consumers.addKey('shop', { name: `${index}` }, byAdmin)));
  for (let index = 4; index <= 20; index += 1) await access.consumers.addKey('shop', {}, byAdmin);
  expect((await access.consumers.get('shop')).keys).toHaveLength(20);
  expect(await failure(() => access.consumers.addKey('shop', {}, byAdmin))).toBeInstanceOf(EntityConflictError);
});

test('the key of a consumer opens nothing of the management API', async () => {
  const { access } = openAccess();
  await access.consumers.create(shop, byAdmin);
  const { key = '' } = await access.consumers.addKey('shop', {}, byAdmin);
  for (const credentials of [bearing(key), { apiKey: key, address: '::1' }, bearing(key.replace('slc_', 'sluice_'))]) {
    expect(await failure(() => access.authenticate(credentials))).toBeInstanceOf(UnauthorizedError);
  }
});

test.each([
  [{ consumerId: 'a b' }, 'consumerId'],
  [{ consumerId: '' }, 'consumerId'],
  [{ name: '' }, 'name'],
  [{ name: 'x'.repeat(129) }, 'name'],
  [{ organization: 'two\nlines' }, 'organization'],
  [{ tier: '\uD800' }, 'tier'],
  [{ scopes: ['good', ''] }, 'scopes[1]'],
  [{ scopes: Array<string>(101).fill('x') }, 'scopes'],
  [{ expiresAt: 'never' }, 'expiresAt'],
] as const)('refuses a consumer with %j', async (change, field) => {
  const { access } = openAccess();
  const error = await failure(() => access.consumers.create({ ...shop, ...change }, byAdmin));
  expect(error).toMatchObject({ name: 'InvalidInputError', field });
  expect((await access.consumers.list(page)).total).toBe(0);
});

test('an id is taken once', async () => {
  const { access } = openAccess();
  await access.consumers.create(shop, byAdmin);
  expect(await failure(() => access.consumers.create(shop, byAdmin))).toBeInstanceOf(EntityConflictError);
});

test("a subject belongs to one consumer, and the id of a consumer is nobody else's subject", async () => {
  const { access } = openAccess();
  const more = { roles: ['buyer'], permissions: ['orders:write:own'], subjects: ['CN=shop', 'CN=shop'] };
  expect(await access.consumers.create({ ...shop, ...more }, byAdmin)).toMatchObject({
    ...more,
    subjects: ['CN=shop'],
  });
  const create = (consumerId: string, subjects: string[]) =>
    failure(() => access.consumers.create({ consumerId, name: 'x', subjects }, byAdmin));
  expect(await create('depot', ['CN=shop'])).toMatchObject({
    message: '"CN=shop" is what the consumer "shop" is called already',
  });
  expect(await create('depot', ['shop'])).toBeInstanceOf(EntityConflictError);
  await access.consumers.create({ consumerId: 'CN', name: 'x' }, byAdmin);
  expect(await failure(() => access.consumers.update('shop', { subjects: ['CN'] }, byAdmin))).toBeInstanceOf(
    EntityConflictError,
  );
  expect(await access.consumers.update('shop', { subjects: ['other', 'shop'] }, byAdmin)).toMatchObject({ version: 2 });
  await access.consumers.update('CN', { subjects: ['CN=shop'] }, byAdmin);
  await access.consumers.remove('CN', byAdmin);
  await access.consumers.update('shop', { subjects: ['CN=shop', 'CN'] }, byAdmin);
  expect(await create('CN', [])).toBeInstanceOf(EntityConflictError);
});

test('the last use of a key is what nodes saw, of keys that exist, and is forgotten with the key', async () => {
  const { access } = openAccess();
  await access.consumers.create(shop, byAdmin);
  const { keyId } = (await access.consumers.addKey('shop', {}, byAdmin)).consumerKey;
  const last = async () => (await access.consumers.get('shop')).keys.map(({ lastUsedAt }) => lastUsedAt);
  expect(await last()).toEqual([undefined]);
  const at = '2030-01-01T00:00:30.000Z';
  await access.consumers.noteUses([
    { consumerId: 'shop', keyId, at },
    { consumerId: 'shop', keyId: 'none', at },
    { consumerId: 'nobody', keyId, at },
  ]);
  // Another node saw it a moment later.
  await access.consumers.noteUses([{ consumerId: 'shop', keyId, at: '2030-01-01T00:00:31.000Z' }]);
  await expect.poll(last).toEqual([at]);
  await access.consumers.noteUses([{ consumerId: 'shop', keyId, at: '2030-01-01T00:01:00.000Z' }]);
  await expect.poll(last).toEqual(['2030-01-01T00:01:00.000Z']);
  await access.consumers.revokeKey('shop', keyId, byAdmin);
  expect(await last()).toEqual([]);
});
