import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConflictError } from '../store/index.ts';
import type { Collection, Write } from '../store/index.ts';
import { idempotencyKeys } from './idempotency-collection.ts';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const routes = '/api/v1/gateway/routes';
const key = 'a-key-that-is-random';
let started: StartedApi;
let token: string;

beforeEach(async () => {
  started = await startApi();
  token = await started.token('Admin');
});
afterEach(() => started.close());

const post = (body: unknown, options: { path?: string; key?: string; token?: string } = {}): Promise<Response> =>
  started.send('POST', options.path ?? routes, {
    token: options.token ?? token,
    body,
    headers: { 'idempotency-key': options.key ?? key },
  });

/** Another token, because the clock has gone on. */
async function login(): Promise<string> {
  const facts = { address: '::1', traceId: 'test' };
  return (await started.access.login({ username: 'admin', password: testPassword, ...facts })).token;
}

test('the second request with a key is answered like the first, and done once', async () => {
  const first = await post(testRoute);
  started.clock.now += 600_000;
  const second = await post(testRoute);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(await second.text()).toBe(await first.text());
  expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(second.headers.get('location')).toBe('/api/v1/gateway/routes/a');
  expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
    null,
    'true',
  ]);
  expect(started.configuration.revision).toBe(1);
});

test('the same key with other content, or for another operation, is a conflict', async () => {
  await post(testRoute);
  expect((await post({ ...testRoute, priority: 1 })).status).toBe(409);
  expect((await post({ name: 'b', url: 'http://10.0.0.1' }, { path: '/api/v1/gateway/backends' })).status).toBe(409);
  expect(started.configuration.revision).toBe(1);
});

test('keys of different callers have nothing to do with each other', async () => {
  await post(testRoute);
  const { key: other } = await (
    await started.client('Admin')
  ).createApiKey({
    body: { name: 'ci', role: 'Admin', scopes: ['*'] },
  });
  expect((await post({ ...testRoute, name: 'b' }, { token: other })).status).toBe(201);
});

test('requests at the same time are done once', async () => {
  const answers = await Promise.all([post(testRoute), post(testRoute), post(testRoute)]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(started.configuration.revision).toBe(1);
});

test('a request that was refused may be sent again', async () => {
  expect((await post({ ...testRoute, priority: -1 })).status).toBe(400);
  expect((await post(testRoute)).status).toBe(201);
});

test('after a day a key is as good as new', async () => {
  await post(testRoute);
  started.clock.now += 24 * 3_600_000 + 1;
  token = await login();
  expect((await post(testRoute)).status).toBe(409);
  expect((await post({ ...testRoute, name: 'b' })).status).toBe(201);
});

/** The names of the collections that each commit from now on writes to. */
function watchCommits(): string[][] {
  const commit = started.store.commit.bind(started.store);
  const seen: string[][] = [];
  Object.assign(started.store, {
    commit: (writes: Parameters<typeof commit>[0]) => {
      seen.push(writes.map(({ collection }) => collection.name));
      return commit(writes);
    },
  });
  return seen;
}

test('the answer is committed with the change', async () => {
  const seen = watchCommits();
  await post(testRoute);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toEqual(expect.arrayContaining(['routes', 'audit_entries', 'idempotency_keys']));
});

test.each([
  ['users', { username: 'grace', password: 'a long enough passphrase', role: 'Viewer' }],
  ['api-keys', { name: 'ci', role: 'Viewer', scopes: ['*'] }],
  ['consumers', { name: 'shop' }],
])('so it is with %s', async (what, body) => {
  const seen = watchCommits();
  expect((await post(body, { path: `/api/v1/gateway/${what}` })).status).toBe(201);
  const made = seen.filter((names) => names.includes(what.replace('-', '_')));
  expect(made).toEqual([expect.arrayContaining(['audit_entries', 'idempotency_keys'])]);
  expect(seen.filter((names) => names.includes('idempotency_keys'))).toHaveLength(1);
});

test('when another process was faster with the same key, its answer is the answer', async () => {
  await post(testRoute);
  const kept = await started.store.find(idempotencyKeys, { limit: 1 });
  const first = await post(testRoute);
  expect(first.headers.get('idempotency-replayed')).toBe('true');
  // The other process has stored its answer after this one looked, and before it commits.
  let looks = 0;
  const get = started.store.get.bind(started.store);
  Object.assign(started.store, {
    get: (collection: Collection, id: string) => {
      if (collection.name === idempotencyKeys.name && (looks += 1) === 1) return Promise.resolve(undefined);
      return get(collection, id);
    },
    commit: () =>
      Promise.reject(new ConflictError({ collection: idempotencyKeys.name, id: kept.items[0].id }, 'exists')),
  });
  const raced = await post(testRoute);
  expect([raced.status, raced.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
});

test('a key that is shown once is shown again to who has the Idempotency-Key, and is not kept in the clear', async () => {
  const path = '/api/v1/gateway/api-keys';
  const body = { name: 'ci', role: 'Viewer', scopes: ['*'] };
  const first = (await (await post(body, { path })).json()) as { key: string };
  const second = (await (await post(body, { path })).json()) as { key: string };
  expect(second).toEqual(first);
  const { items } = await started.store.find(idempotencyKeys, { limit: 10 });
  expect(JSON.stringify(items)).not.toContain(first.key);
  expect(items).toHaveLength(1);
});

test('a whole configuration is answered with its changes again', async () => {
  const path = '/api/v1/gateway/configuration/apply';
  const body = { configuration: { routes: [testRoute, { ...testRoute, name: 'b' }] } };
  const first = (await (await post(body, { path })).json()) as { changes: object[] };
  expect(first.changes).toHaveLength(2);
  const { items } = await started.store.find(idempotencyKeys, { limit: 10 });
  expect(items[0].body.answer).not.toContain('10.0.0.1');
  expect(await (await post(body, { path })).json()).toEqual(first);
});

test('a dry run leaves the key unused', async () => {
  expect((await post(testRoute, { path: `${routes}?dryRun=true` })).status).toBe(200);
  expect((await post(testRoute)).status).toBe(201);
});

test('a key has to be long enough to be random', async () => {
  expect((await post(testRoute, { key: 'short' })).status).toBe(400);
});

test('answers that have run out are let go of, however many there are', async () => {
  await post(testRoute);
  const [{ body }] = (await started.store.find(idempotencyKeys, { limit: 1 })).items;
  await started.store.commit(
    Array.from({ length: 2500 }, (_, index): Write => ({
      kind: 'put',
      collection: idempotencyKeys,
      id: `old-${index}`,
      body,
      expect: 'absent',
    })),
  );
  started.clock.now += 25 * 3_600_000;
  await post({ ...testRoute, name: 'b' }, { key: 'another-random-key', token: await login() });
  const kept = async (): Promise<number> => (await started.store.find(idempotencyKeys, { limit: 10 })).items.length;
  await expect.poll(kept).toBe(1);
});
