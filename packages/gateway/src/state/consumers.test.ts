import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { consumerKeyDigest } from '@sluice/service';
import { expect, test } from 'vitest';
import { ConsumerDirectory } from './consumer-directory.ts';
import { createConsumerMemory } from './consumer-memory.ts';
import { ConsumerRegistry } from './consumer-registry.ts';
import { consumerNumber, keyNumber } from './testing/consumers.ts';

const start = Date.parse('2026-01-01T00:00:00Z');

function node() {
  const memory = createConsumerMemory();
  const time = { now: start };
  return {
    memory,
    time,
    registry: new ConsumerRegistry(memory),
    directory: new ConsumerDirectory(memory, () => time.now),
  };
}

function key(text: string, keyId: string, expiresAt?: string) {
  return { keyId, hash: consumerKeyDigest(text), ...(expiresAt !== undefined && { expiresAt }) };
}

test('a key finds its consumer with all that is known of it; a key that control makes counts by its secret', () => {
  const { registry, directory } = node();
  registry.put('control', consumerNumber(7, { name: 'Zoë', scopes: [], roles: ['a b', 'c'] }));
  expect(directory.find(keyNumber(7))).toMatchObject({
    consumerId: 'partner-7',
    name: 'Zoë',
    organization: 'organization-7',
    tier: 'free',
    scopes: [],
    roles: ['a b', 'c'],
    permissions: ['orders:write:own'],
    keyId: '7'.padStart(32, '0'),
  });
  expect(directory.find(keyNumber(8))).toBe('unknown');
  expect(directory.find('')).toBe('unknown');
});

test('each of several keys is found until it expires, is revoked, or the consumer is disabled or expires', () => {
  const { registry, directory, time } = node();
  const keys = [key('first key', 'k1', '2026-01-01T00:01:00Z'), key('second key', 'k2')];
  registry.put('file', consumerNumber(1, { keys, expiresAt: '2026-01-01T01:00:00Z' }));
  const ids = () =>
    ['first key', 'second key'].map((text) => {
      const found = directory.find(text);
      return typeof found === 'string' ? found : found.keyId;
    });
  expect(ids()).toEqual(['k1', 'k2']);
  time.now += 60_000;
  expect(ids()).toEqual(['expired', 'k2']);
  registry.put('file', consumerNumber(1, { keys, isEnabled: false }));
  expect(ids()).toEqual(['disabled', 'disabled']);
  registry.put('file', consumerNumber(1, { keys: keys.slice(1), expiresAt: '2026-01-01T01:00:00Z' }));
  expect(ids()).toEqual(['unknown', 'k2']);
  time.now += 3_600_000;
  expect(ids()).toEqual(['unknown', 'expired']);
  expect(registry.remove('file', 'partner-1')).toBe(true);
  expect(registry.remove('file', 'partner-1')).toBe(false);
  expect(ids()).toEqual(['unknown', 'unknown']);
});

test('a consumer is found by its subjects, or by its id when it has none', () => {
  const { registry, directory } = node();
  registry.put('control', consumerNumber(1));
  registry.put('control', consumerNumber(2, { subjects: ['CN=shop', 'spiffe://shop'] }));
  expect(directory.bySubject('partner-1')).toMatchObject({ consumerId: 'partner-1', keyId: undefined });
  expect(directory.bySubject('spiffe://shop')).toMatchObject({ consumerId: 'partner-2' });
  expect(directory.bySubject('partner-2')).toBe('unknown');
  expect(directory.byId('partner-2')).toMatchObject({ consumerId: 'partner-2', keyId: undefined });
  expect(directory.byId('CN=shop')).toBe('unknown');
});

test('what the file says of a consumer hides what control says, keys included, until the file says no more', () => {
  const { registry, directory } = node();
  registry.put('control', consumerNumber(1));
  registry.put('file', consumerNumber(1, { tier: 'vip', keys: [key('from the file', 'f')] }));
  expect(directory.find('from the file')).toMatchObject({ tier: 'vip' });
  expect(directory.find(keyNumber(1))).toBe('unknown');
  expect(directory.byId('partner-1')).toMatchObject({ tier: 'vip' });
  expect([registry.count('file'), registry.count('control')]).toEqual([1, 1]);
  registry.remove('file', 'partner-1');
  expect(directory.find(keyNumber(1))).toMatchObject({ tier: 'free' });
  expect(directory.byId('partner-1')).toMatchObject({ tier: 'free' });
});

test('equal content is no change, and the last use of a key outlives changes of its consumer', () => {
  const { registry, directory, time } = node();
  registry.put('control', consumerNumber(1));
  registry.put('control', consumerNumber(2));
  time.now += 5000;
  directory.find(keyNumber(1));
  expect(registry.put('control', consumerNumber(1))).toBe(false);
  expect(registry.put('control', consumerNumber(1, { tier: 'vip' }))).toBe(true);
  const use = { consumerId: 'partner-1', keyId: '1'.padStart(32, '0'), at: start / 1000 + 5 };
  expect([...registry.usedSince('control', start / 1000)]).toEqual([use]);
  expect([...registry.usedSince('control', start / 1000 + 6)]).toEqual([]);
  expect([...registry.usedSince('file', 0)]).toEqual([]);
});

test('thousands of consumers come, change and go, and each is found exactly while it is there', () => {
  const { registry, directory } = node();
  const model = new Map<number, string>();
  const random = numbers(4);
  for (let step = 0; step < 5000; step++) {
    const i = random() % 700;
    if (random() % 3 === 0) {
      registry.remove('control', `partner-${i}`);
      model.delete(i);
    } else {
      const tier = 't'.repeat(1 + (random() % 120));
      model.set(i, tier);
      registry.put('control', consumerNumber(i, { tier }));
    }
  }
  for (let i = 0; i < 700; i++) {
    const found = directory.find(keyNumber(i));
    expect(typeof found === 'string' ? undefined : found.tier).toBe(model.get(i));
    expect(found).toEqual(directory.find(keyNumber(i)));
  }
  expect(new Set(registry.ids('control'))).toEqual(new Set([...model.keys()].map((i) => `partner-${i}`)));
});

test('a thread that reads while another writes finds whole consumers, and every one that is there all the time', async () => {
  const { memory, registry } = node();
  const looks = new SharedArrayBuffer(8);
  for (let i = 0; i < 50; i++) registry.put('control', consumerNumber(i));
  const thread = new Worker(new URL('testing/consumer-thread.ts', import.meta.url), { workerData: { memory, looks } });
  const answered = once(thread, 'message');
  const exited = once(thread, 'exit');
  const words = new Int32Array(looks);
  // Each round changes all, and makes the table larger or smaller; the thread has looked meanwhile.
  for (let round = 1; round <= 20; round++) {
    const before = Atomics.load(words, 0);
    for (let i = 0; i < 50; i++)
      registry.put('control', consumerNumber(i, { tier: `${round}`, organization: `${round}` }));
    for (let i = 100; i < 400; i++) registry.put('control', consumerNumber(i));
    for (let i = 100; i < 400; i++) registry.remove('control', `partner-${i}`);
    while (Atomics.load(words, 0) === before) await new Promise((resolve) => setImmediate(resolve));
  }
  Atomics.store(words, 1, 1);
  expect((await answered)[0]).toEqual([]);
  await exited;
});

function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 8;
}
