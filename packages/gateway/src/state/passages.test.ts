import { expect, test } from 'vitest';
import { overheadBounds } from './exposed-buckets.ts';
import { createNodeMemory, passageLayout } from './layout.ts';
import { SlotRegistry } from './registry.ts';
import { readTelemetry } from './telemetry-snapshot.ts';
import { Telemetry } from './telemetry.ts';

const capacity = { routes: 3, targets: 3, backends: 3, versions: 4, series: 64, addresses: 64 };

test('overhead and bytes of a route are added up over all workers', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new Telemetry(memory, 0), new Telemetry(memory, 1)];
  first.passed(1, 0, 100, 2000);
  second.passed(1, 20, 1, 2);
  second.passed(1, 0x7fffffff, 0, 0);
  const telemetry = readTelemetry(memory);
  const { buckets, sumUs } = telemetry.overhead(1);
  expect(buckets).toHaveLength(overheadBounds.length + 1);
  expect([buckets[0], buckets[1], buckets.at(-1)]).toEqual([1, 1, 1]);
  expect(sumUs).toBe(20 + 0x7fffffff);
  expect([telemetry.received(1), telemetry.sent(1), telemetry.received(0)]).toEqual([101, 2002, 0]);
  expect(passageLayout.stride).toBeGreaterThanOrEqual(passageLayout.buckets + buckets.length);
});

test('the next owner of a slot begins at zero', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const registry = new SlotRegistry(memory);
  const slot = registry.acquire('route', 'a');
  new Telemetry(memory, 0).passed(slot, 5, 6, 7);
  registry.release('route', 'a', 2);
  registry.reclaim(2);
  const telemetry = readTelemetry(memory);
  expect([telemetry.overhead(slot).sumUs, telemetry.received(slot), telemetry.sent(slot)]).toEqual([0, 0, 0]);
  expect(telemetry.overhead(slot).buckets.every((count) => count === 0)).toBe(true);
});
