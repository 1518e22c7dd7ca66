import { setImmediate } from 'node:timers/promises';
import { parseConfig } from '@sluice/model';
import { consumerKeyDigest } from '@sluice/service';
import { expect, test } from 'vitest';
import { ConsumerRegistry, NodeState, createNodeMemory } from '../state/index.ts';
import { takeConsumers } from './file-consumers.ts';

function consumersOf(list: readonly object[]) {
  const parsed = parseConfig({ consumers: list });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config.consumers;
}

test('consumers of the file are found by their keys; a reload writes what differs, and only that', async () => {
  const memory = createNodeMemory({ workers: 1 });
  const [registry, { consumers }] = [new ConsumerRegistry(memory.consumers), new NodeState(memory, 0)];
  const key = (text: string, name?: string) => ({ hash: `sha256:${consumerKeyDigest(text)}`, name });
  const shop = { id: 'shop', tier: 'premium', keys: [key('of the shop', 'main')] };

  expect(await takeConsumers(registry, consumersOf([shop, { id: 'depot', keys: [key('of the depot')] }]))).toBe(true);
  expect(consumers.find('of the shop')).toMatchObject({ consumerId: 'shop', tier: 'premium', keyId: 'main' });
  expect(consumers.find('of the depot')).toMatchObject({ keyId: consumerKeyDigest('of the depot').slice(0, 12) });

  expect(await takeConsumers(registry, consumersOf([{ id: 'depot', keys: [key('of the depot')] }, shop]))).toBe(false);
  expect(await takeConsumers(registry, undefined)).toBe(false);
  expect(consumers.find('of the shop')).toMatchObject({ consumerId: 'shop' });

  expect(await takeConsumers(registry, consumersOf([{ ...shop, isEnabled: false }]))).toBe(true);
  expect([consumers.find('of the shop'), consumers.find('of the depot')]).toEqual(['disabled', 'unknown']);
});

test('other work of the thread gets its turn while a long list is taken', async () => {
  const registry = new ConsumerRegistry(createNodeMemory({ workers: 1 }).consumers);
  const list = consumersOf([{ id: 'shop', keys: [] }])!;
  const many = Array.from({ length: 20_000 }, (_, i) => ({ ...list[0], id: `shop-${i}` }));
  const taken = takeConsumers(registry, many);
  await setImmediate();
  expect(registry.count('file')).toBeLessThan(many.length);
  expect(await taken).toBe(true);
  expect(registry.count('file')).toBe(many.length);
});
