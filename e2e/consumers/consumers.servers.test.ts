import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allCollections, openStore } from '../../packages/control/src/index.ts';
import { consumerNumber, keyNumber } from '../../packages/gateway/src/state/testing/consumers.ts';
import { ask, createProcess, ManagementApi, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, LastingProcess } from '../kit/index.ts';

const password = 'correct horse battery staple';
const consumers = 100_000;
const second = { timeout: 1000 };

let backend: HttpBackend;
let control: LastingProcess;
let gateways: LastingProcess[];
let api: ManagementApi;

beforeAll(async () => {
  backend = await startHttpBackend('a');
  const env = { SLUICE_ADMIN_PASSWORD: password, SLUICE_JOIN_TOKEN: 'a-token-of-the-consumers-test' };
  control = await createProcess({ name: 'control', role: 'control', config: { access: { limitFactor: 0 } }, env });
  await control.start();
  const controlUrls = [`http://127.0.0.1:${control.managementPort}`];
  gateways = await Promise.all(
    ['node-1', 'node-2', 'node-3'].map((name) =>
      createProcess({ name, role: 'gateway', config: { proxy: { workers: 2 }, node: { name, controlUrls } }, env }),
    ),
  );
  api = new ManagementApi({ controls: [control], password });
  const authentication = { methods: [{ type: 'apiKey', header: 'X-API-Key' }] };
  const backends = [{ name: 'a', url: backend.url }];
  await api.acknowledged('POST', '/gateway/routes', { name: 'keyed', pathPattern: '/**', backends, authentication });
  await Promise.all(gateways.map((gateway) => gateway.start()));
});

afterAll(async () => {
  await Promise.all([...gateways, control].map((process) => process.remove()));
  await backend.close();
});

/** What the nodes answer to a key. */
function statuses(key: string, nodes = gateways): Promise<number[]> {
  const headers = { 'x-api-key': key };
  return Promise.all(nodes.map(async ({ proxyPort }) => (await ask(proxyPort, '/', { headers })).status));
}

/** Resolves with how long it took until all nodes answered so, in milliseconds. */
async function untilAll(what: string, key: string, status: number): Promise<number> {
  const started = performance.now();
  await until(what, async () => (await statuses(key)).every((each) => each === status), second);
  return Math.round(performance.now() - started);
}

async function newKey(consumerId: string): Promise<{ keyId: string; key: string }> {
  const { body } = await api.acknowledged('POST', `/gateway/consumers/${consumerId}/keys`, {});
  const { consumerKey, key } = JSON.parse(body) as { consumerKey: { keyId: string }; key: string };
  return { keyId: consumerKey.keyId, key };
}

test('a key that is revoked, or whose consumer is disabled, is refused by all three nodes within a second', async () => {
  await api.acknowledged('POST', '/gateway/consumers', { consumerId: 'shop', name: 'The shop' });
  const [old, next] = [await newKey('shop'), await newKey('shop')];
  const made = await untilAll('a new key to be known', next.key, 200);
  expect(await statuses(old.key)).toEqual([200, 200, 200]);

  await api.acknowledged('DELETE', `/gateway/consumers/shop/keys/${old.keyId}`);
  const revoked = await untilAll('a revoked key to be refused', old.key, 401);
  expect(await statuses(next.key)).toEqual([200, 200, 200]);

  await api.acknowledged('PUT', '/gateway/consumers/shop', { isEnabled: false });
  const disabled = await untilAll('a disabled consumer to be refused', next.key, 401);
  await api.acknowledged('PUT', '/gateway/consumers/shop', { isEnabled: true });
  await untilAll('an enabled consumer to be known', next.key, 200);
  console.log(`on all three nodes: new after ${made} ms, revoked after ${revoked} ms, disabled after ${disabled} ms`);

  await api.acknowledged('POST', '/gateway/consumers', { consumerId: 'depot', name: 'The depot' });
  const kept = () => readFile(join(gateways[0].folder, '.sluice/snapshot.json.consumers'), 'utf8');
  await until('the last change to be on the disk', async () => (await kept()).includes('depot'));

  // A node that starts while control is away knows the consumers of its last contact.
  const [node] = gateways;
  await control.kill();
  await node.kill();
  await node.start();
  expect(await statuses(next.key, [node])).toEqual([200]);
  expect(await statuses(old.key, [node])).toEqual([401]);
  await control.start();
});

test(
  '100,000 consumers reach the nodes in parts; a change of one does not send them again',
  { timeout: 300_000 },
  async () => {
    await control.stop();
    await fillStore(join(control.folder, '.sluice/sluice.db'));
    await control.start();
    const last = keyNumber(consumers - 1);
    const started = performance.now();
    const all = async () => (await statuses(last)).every((status) => status === 200);
    await until('100,000 consumers to be known', all);
    const known = Math.round(performance.now() - started);

    const reads = () =>
      gateways.map(({ output }) => output.split('consumers of the control plane are known').length - 1);
    const { key, keyId } = await newKey('partner-1');
    const made = await untilAll('a new key among 100,000 consumers to be known', key, 200);
    // A node knows a later change when it has read all, and said so.
    const before = reads();
    await api.acknowledged('DELETE', `/gateway/consumers/partner-1/keys/${keyId}`);
    const revoked = await untilAll('a key among 100,000 consumers to be refused', key, 401);
    console.log(`100,000 consumers known after ${known} ms; new ${made} ms, revoked ${revoked} ms`);
    expect(reads()).toEqual(before);

    // Nodes look at the uses of keys every 30 s.
    const lastUsedAt = async () => {
      const { consumerId } = consumerNumber(consumers - 1);
      const { body } = await api.acknowledged('GET', `/gateway/consumers/${consumerId}`);
      return (JSON.parse(body) as { keys: readonly { lastUsedAt?: string }[] }).keys[0].lastUsedAt;
    };
    await expect.poll(lastUsedAt, { interval: 500 }).toMatch(/^20\d\d-/);
  },
);

/** Writes the consumers as control would, with another history of changes, so that every node reads them all. */
async function fillStore(file: string): Promise<void> {
  const store = await openStore({ url: `sqlite:${file}`, collections: allCollections });
  const named = (name: string) => allCollections.find((collection) => collection.name === name)!;
  const at = new Date().toISOString();
  for (let from = 0; from < consumers; from += 1000) {
    const part = Array.from({ length: 1000 }, (_, i) => consumerNumber(from + i));
    await store.commit(
      part.map(({ consumerId, keys, ...body }) => ({
        kind: 'put',
        collection: named('consumers'),
        id: consumerId,
        body: { ...body, keys: keys.map((key) => ({ ...key, name: '', createdAt: at })), createdAt: at, updatedAt: at },
        expect: 'absent',
      })),
    );
  }
  // After all changes that were noted before.
  const head = { lineage: 'filled', sequence: 5000, at };
  await store.commit([{ kind: 'put', collection: named('consumer_head'), id: 'head', body: head, expect: 'any' }]);
  await store.close();
}
