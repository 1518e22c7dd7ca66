import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, runSluice, startHttpBackend, startSluice } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

// Consumers of the file, with a real process: what is saved counts on its workers without a restart.

interface Key {
  readonly key: string;
  readonly hash: string;
}

let backend: HttpBackend;
let sluice: Sluice;
let old: Key;
let next: Key;

beforeAll(async () => {
  backend = await startHttpBackend('a');
  backend.answer = ({ headers }, response) => response.end(`${String(headers['x-who'])} ${String(headers['x-tier'])}`);
  [old, next] = await Promise.all([newKey(), newKey()]);
  sluice = await startSluice(withConsumers(shop({ keys: [old] })));
});

afterAll(async () => {
  await sluice.stop();
  await backend.close();
});

/** A key as somebody makes one for the file: both are taken from what the command prints. */
async function newKey(): Promise<Key> {
  const { stdout, stderr } = await runSluice(['hash-key', '--new']);
  return { key: stdout.trim(), hash: /\bsha256:[0-9a-f]{64}\b/.exec(stderr)![0] };
}

interface ConsumerFields {
  readonly keys: readonly (Pick<Key, 'hash'> & { readonly expiresAt?: string })[];
  readonly tier?: string;
  readonly isEnabled?: boolean;
}

function shop({ keys, ...fields }: ConsumerFields): object {
  return { id: 'shop', tier: 'free', ...fields, keys: keys.map(({ hash, expiresAt }) => ({ hash, expiresAt })) };
}

function withConsumers(...consumers: readonly object[]): Parameters<typeof startSluice>[0] {
  return {
    proxy: { workers: 2 },
    consumers,
    routes: [
      {
        name: 'keyed',
        pathPattern: '/**',
        backends: [{ name: 'a', url: backend.url }],
        authentication: { methods: [{ type: 'apiKey' }], forward: { subject: 'X-Who', tier: 'X-Tier' } },
      },
    ],
  } as never;
}

/** What a key leads to: who the backend is told is asking, or the status of a refusal. */
async function callerOf({ key }: Key): Promise<string | number> {
  const { status, body } = await ask(sluice.proxyPort, '/', { headers: { 'x-api-key': key } });
  return status === 200 ? body : status;
}

test('a key that sluice hash-key makes opens a route; a saved change of its consumer counts without a restart', async () => {
  expect([await callerOf(old), await callerOf(next)]).toEqual(['shop free', 401]);

  await sluice.apply(withConsumers(shop({ keys: [old], tier: 'premium' })));
  expect(await callerOf(old)).toBe('shop premium');
  await sluice.apply(withConsumers(shop({ keys: [old], isEnabled: false })));
  expect(await callerOf(old)).toBe(401);
  await sluice.apply(withConsumers(shop({ keys: [old] })));
  expect(await callerOf(old)).toBe('shop free');
  await sluice.apply(withConsumers());
  expect(await callerOf(old)).toBe(401);
  // None of that was a swap of routes.
  expect((await sluice.health()).revision).toBe(1);
});

test('one key replaces another: both work for a while, and one that has expired or is gone does not', async () => {
  await sluice.apply(withConsumers(shop({ keys: [old, next] })));
  expect([await callerOf(old), await callerOf(next)]).toEqual(['shop free', 'shop free']);
  await sluice.apply(withConsumers(shop({ keys: [{ ...old, expiresAt: '2020-01-01T00:00:00Z' }, next] })));
  expect([await callerOf(old), await callerOf(next)]).toEqual([401, 'shop free']);
  await sluice.apply(withConsumers(shop({ keys: [old] })));
  expect([await callerOf(old), await callerOf(next)]).toEqual(['shop free', 401]);
});

test('a file with a wrong consumer is refused with its place, without its key, and the last good one stays', async () => {
  await sluice.apply(withConsumers(shop({ keys: [next] })));
  const wrong = [
    shop({ keys: [old] }),
    { id: 'depot', keys: [{ hash: old.key }] },
    { id: 'port', keys: [{ hash: old.hash }], tire: 'free' },
  ];
  await sluice.writeConfig(withConsumers(...wrong));
  await sluice.written('consumers[1].keys[0].hash');
  await sluice.written('consumers[2].keys[0].hash');
  const output = await sluice.written('consumers[2].tire');
  expect(output).toMatch(
    /sluice\.json:\d+:\d+ {2}consumers\[1\]\.keys\[0\]\.hash {2}expected the hash of a key, never the key/,
  );
  expect(output).toMatch(
    /sluice\.json:\d+:\d+ {2}consumers\[2\]\.keys\[0\]\.hash {2}this key is already used by number 1/,
  );
  expect(output).toMatch(/sluice\.json:\d+:\d+ {2}consumers\[2\]\.tire {2}unknown field; did you mean/);
  expect(sluice.output).not.toContain(old.key);
  expect([await callerOf(old), await callerOf(next)]).toEqual([401, 'shop free']);
});
