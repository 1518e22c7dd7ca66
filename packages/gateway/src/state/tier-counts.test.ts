import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { otherTiers, readTiers, TierCounts } from './tier-counts.ts';

const capacity = { routes: 1, targets: 1, backends: 1, series: 64, addresses: 64 };

test('counts by tier over all workers, and a worker that replaces another goes on', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = memory.telemetry.map((own) => new TierCounts(own));
  first.add('gold');
  first.add('freé');
  second.add('gold');
  new TierCounts(memory.telemetry[1]).add('silver');
  new TierCounts(memory.telemetry[0]).add('gold');
  expect(readTiers(memory)).toEqual(
    new Map([
      ['gold', 3],
      ['freé', 1],
      ['silver', 1],
    ]),
  );
});

test('tells 32 tiers apart, and counts the others together', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const counts = new TierCounts(memory.telemetry[0]);
  for (let index = 0; index < 1000; index++) counts.add(`tier-${index}`);
  counts.add('tier-7');
  for (const odd of ['', 'x'.repeat(64), 'x'.repeat(100_000)]) counts.add(odd);
  const read = readTiers(memory);
  expect(read.size).toBe(33);
  expect([read.get('tier-7'), read.get(otherTiers)]).toEqual([2, 971]);
});
