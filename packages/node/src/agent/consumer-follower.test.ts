import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerPage, ControlError } from '@sluice/model';
import type { ConsumerDocument } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { byAdmin, openAccess } from '../../../control/src/access/testing/open-access.ts';
import { ConsumerFeed } from '../../../control/src/nodes/testing/control-side.ts';
import { consumerRegistry } from '../../../gateway/src/state/testing/consumers.ts';
import { ConsumerFollower } from './consumer-follower.ts';

const soon = { interval: 20 };

let folder: string;
let closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-consumers-'));
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
  await rm(folder, { recursive: true });
});

/** A control plane that may go away, and what it was asked for. */
function createControl(confirmedAt?: string) {
  const { access } = openAccess();
  const state = { isAway: false, pages: 0, confirmedAt };
  const feed = new ConsumerFeed({ changes: access.consumerChanges, confirmedAt: () => state.confirmedAt });
  closers.push(() => feed.close());
  const reach = () => {
    if (state.isAway) throw new ControlError('unreachable', 'it is away');
  };
  const source = {
    consumers: async (question: Parameters<typeof feed.consumers>[0]) => (reach(), feed.consumers(question)),
    async consumerPage(nodeId: string, from?: string) {
      reach();
      state.pages++;
      return feed.consumerPage(nodeId, from);
    },
  };
  return { consumers: access.consumers, changes: access.consumerChanges, state, source };
}

type Control = ReturnType<typeof createControl>;

/** A node that starts; `control` may be replaced while it runs. */
async function startNode(control: Control, name = 'node') {
  const { registry, directory } = consumerRegistry();
  const lines: string[] = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  const file = join(folder, `${name}.consumers`);
  const follower = new ConsumerFollower({ nodeId: name, control: control.source, file, log });
  closers.push(() => follower.close());
  await follower.begin(registry);
  const idOf = (key: string) => {
    const found = directory.find(key);
    return typeof found === 'string' ? found : found.consumerId;
  };
  return { registry, directory, follower, idOf, file, lines };
}

async function keyOf({ consumers }: Control, consumerId: string): Promise<{ keyId: string; key: string }> {
  const { consumerKey, key = '' } = await consumers.addKey(consumerId, {}, byAdmin);
  return { keyId: consumerKey.keyId, key };
}

test('a node knows consumers, changes and revocations of control, each as its difference', async () => {
  const control = createControl();
  await control.consumers.create({ consumerId: 'shop', name: 'Shop', tier: 'free' }, byAdmin);
  const { keyId, key } = await keyOf(control, 'shop');
  const node = await startNode(control);
  expect(node.idOf(key)).toBe('shop');
  await control.consumers.update('shop', { tier: 'premium' }, byAdmin);
  await expect.poll(() => node.directory.find(key), soon).toMatchObject({ tier: 'premium' });
  await control.consumers.update('shop', { isEnabled: false }, byAdmin);
  await expect.poll(() => node.idOf(key), soon).toBe('disabled');
  await control.consumers.update('shop', { isEnabled: true }, byAdmin);
  await expect.poll(() => node.idOf(key), soon).toBe('shop');
  await control.consumers.revokeKey('shop', keyId, byAdmin);
  await expect.poll(() => node.idOf(key), soon).toBe('unknown');
  await control.consumers.remove('shop', byAdmin);
  await expect.poll(() => node.registry.count('control'), soon).toBe(0);
  expect(control.state.pages).toBe(1);
});

test('a node that starts while control is away knows the consumers of its last contact, from a file that only its owner reads', async () => {
  const control = createControl();
  for (const consumerId of ['a', 'b']) await control.consumers.create({ consumerId, name: consumerId }, byAdmin);
  const { key } = await keyOf(control, 'a');
  const first = await startNode(control);
  await control.consumers.remove('b', byAdmin);
  await expect.poll(async () => readFile(first.file, 'utf8'), soon).toContain('{"remove":"b"}');
  await first.follower.close();
  expect((await stat(first.file)).mode & 0o777).toBe(0o600);
  expect(await readFile(first.file, 'utf8')).not.toContain(key.slice(-64));

  control.state.isAway = true;
  // The end of a batch that was cut off.
  await appendFile(first.file, '{"put":{"consumerId":"c","na');
  const second = await startNode(control);
  expect([second.idOf(key), second.registry.count('control')]).toEqual(['a', 1]);

  // Back again, it takes the difference only, and writes the file anew.
  await control.consumers.create({ consumerId: 'd', name: 'd' }, byAdmin);
  control.state.isAway = false;
  await expect.poll(() => second.registry.count('control'), soon).toBe(2);
  await expect.poll(async () => (await readFile(second.file, 'utf8')).split('\n').length, soon).toBe(4);
  expect(control.state.pages).toBe(1);
});

test('a node that missed too many changes, or knows another history, reads all again, page by page', async () => {
  const control = createControl();
  for (let i = 0; i < 600; i++) await control.consumers.create({ consumerId: `c${i}`, name: 'c' }, byAdmin);
  const node = await startNode(control);
  expect([node.registry.count('control'), control.state.pages]).toEqual([600, 2]);
  await node.follower.close();
  control.state.isAway = true;
  for (let i = 0; i < 1100; i++) await control.consumers.update('c0', { name: `c${i}` }, byAdmin);
  await control.consumers.remove('c1', byAdmin);
  control.state.isAway = false;
  const again = await startNode(control);
  await expect.poll(() => again.registry.count('control'), soon).toBe(599);
  expect(control.state.pages).toBe(4);
});

test('a store that is empty or older takes no consumers away until somebody changes or confirms it', async () => {
  const control = createControl();
  await control.consumers.create({ consumerId: 'shop', name: 'Shop' }, byAdmin);
  const { key } = await keyOf(control, 'shop');
  const first = await startNode(control);
  await expect.poll(async () => readFile(first.file, 'utf8'), soon).toContain('"sequence":2');
  await first.follower.close();

  const lost = createControl('2001-01-01T00:00:00.000Z');
  const second = await startNode(lost);
  await expect.poll(() => second.lines.join(''), soon).toContain('sluice confirm');
  expect(second.idOf(key)).toBe('shop');
  lost.state.confirmedAt = '2999-01-01T00:00:00.000Z';
  await expect.poll(() => second.idOf(key), soon).toBe('unknown');
});

test('a consumer of whom a later control says more is refused, and is known again after an update of the node', async () => {
  const control = createControl();
  for (const consumerId of ['shop', 'till', 'desk']) await control.consumers.create({ consumerId, name: 'x' }, byAdmin);
  const { key } = await keyOf(control, 'shop');
  const [till, desk] = [await keyOf(control, 'till'), await keyOf(control, 'desk')];
  const later: Record<string, (consumer: ConsumerDocument) => ConsumerDocument> = {
    shop: (consumer) => ({ ...consumer, onlyFrom: ['192.0.2.1'] }),
    till: ({ keys, ...consumer }) => ({ ...consumer, keys: keys.map((one) => ({ ...one, notBefore: 'tomorrow' })) }),
  };
  const asLater = (all: readonly ConsumerDocument[]): ConsumerDocument[] =>
    all.map((consumer) => later[consumer.consumerId]?.(consumer) ?? consumer);
  const source: Control['source'] = {
    async consumers(question) {
      const news = await control.source.consumers(question);
      return { ...news, changed: asLater(news.changed) };
    },
    async consumerPage(nodeId, from) {
      const { consumers, next } = await control.source.consumerPage(nodeId, from);
      return consumerPage.parse({ consumers: asLater(consumers), next });
    },
  };
  const node = await startNode({ ...control, source });
  expect([key, till.key, desk.key].map(node.idOf)).toEqual(['disabled', 'disabled', 'desk']);
  expect(node.lines.filter((line) => line.includes('until it is updated'))).toEqual([
    expect.stringContaining('onlyFrom'),
    expect.stringContaining('keys[].notBefore'),
  ]);
  // What this version knows of them still comes.
  await control.consumers.revokeKey('desk', desk.keyId, byAdmin);
  await expect.poll(() => node.idOf(desk.key), soon).toBe('unknown');
  await node.follower.close();

  const updated = await startNode(control);
  await expect.poll(() => [key, till.key, desk.key].map(updated.idOf), soon).toEqual(['shop', 'till', 'unknown']);
});
