import { expect, test } from 'vitest';
import { consumerNumber, consumerRegistry, keyNumber } from '../../../gateway/src/state/testing/consumers.ts';
import { KeyUses } from './key-uses.ts';

test('uses are told every 30 s, at most 1,000 at a time, and each once', () => {
  const { registry, directory } = consumerRegistry();
  for (let i = 0; i < 1200; i++) registry.put('control', consumerNumber(i));
  // The keys are used now, by the clock of the machine; the hour is for a machine that is slow.
  const time = { now: Date.now() - 30_000 };
  const uses = new KeyUses(
    () => registry,
    () => time.now,
  );
  for (let i = 0; i < 1200; i++) directory.find(keyNumber(i));
  expect(uses.take()).toEqual([]);
  time.now += 3_600_000;
  expect([uses.take().length, uses.take().length, uses.take().length]).toEqual([1000, 200, 0]);
  time.now += 30_000;
  expect(uses.take()).toEqual([]);
});
