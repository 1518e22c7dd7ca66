import { expect, test } from 'vitest';
import { createNodeMemory, policyStride } from './layout.ts';
import { placeOfOutcome, PolicyCounts, policyOutcomes } from './policy-counts.ts';
import { SlotRegistry } from './registry.ts';
import { readTelemetry } from './telemetry-snapshot.ts';

const capacity = { routes: 4, targets: 1, backends: 1, series: 1, addresses: 1 };
const refused = placeOfOutcome('authorization refused');

test('outcomes are counted by route over all workers, and go with the slot of the route', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const registry = new SlotRegistry(memory);
  const slot = registry.acquire('route', 'a');
  for (const worker of [0, 1]) new PolicyCounts(memory, worker).add(slot, refused);
  new PolicyCounts(memory, 0).add(slot + 1, refused);
  expect(readTelemetry(memory).policyCounts(slot)).toEqual([['authorization refused', 2]]);
  registry.release('route', 'a', 1);
  registry.reclaim(1);
  expect(readTelemetry(memory).policyCounts(slot)).toEqual([]);
  expect(readTelemetry(memory).policyCounts(slot + 1)).toEqual([['authorization refused', 1]]);
});

test('the main thread counts nothing', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  new PolicyCounts(memory, -1).add(0, refused);
  expect(readTelemetry(memory).policyCounts(0)).toEqual([]);
});

test('each outcome has a place of its own in the slot of a route', () => {
  const places = policyOutcomes.map((outcome) => placeOfOutcome(outcome));
  expect(places).toEqual(places.map((_, place) => place));
  expect(places.length).toBeLessThanOrEqual(policyStride);
});
