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

test('consumers of the file are found by their keys; a reload writes what differs, and only that', () => {
  const memory = createNodeMemory({ workers: 1 });
  const [registry, { consumers }] = [new ConsumerRegistry(memory.consumers), new NodeState(memory, 0)];
  const key = (text: string, name?: string) => ({ hash: `sha256:${consumerKeyDigest(text)}`, name });
  const shop = { id: 'shop', tier: 'premium', keys: [key('of the shop', 'main')] };

  expect(takeConsumers(registry, consumersOf([shop, { id: 'depot', keys: [key('of the depot')] }]))).toBe(true);
  expect(consumers.find('of the shop')).toMatchObject({ consumerId: 'shop', tier: 'premium', keyId: 'main' });
  expect(consumers.find('of the depot')).toMatchObject({ keyId: consumerKeyDigest('of the depot').slice(0, 12) });

  expect(takeConsumers(registry, consumersOf([{ id: 'depot', keys: [key('of the depot')] }, shop]))).toBe(false);
  expect(takeConsumers(registry, undefined)).toBe(false);
  expect(consumers.find('of the shop')).toMatchObject({ consumerId: 'shop' });

  expect(takeConsumers(registry, consumersOf([{ ...shop, isEnabled: false }]))).toBe(true);
  expect([consumers.find('of the shop'), consumers.find('of the depot')]).toEqual(['disabled', 'unknown']);
});
