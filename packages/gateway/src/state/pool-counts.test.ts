import { expect, test } from 'vitest';
import { createNodeMemory, poolLayout } from './layout.ts';
import { NodeState } from './node-state.ts';
import { PoolCounts, PoolTelemetry } from './pool-counts.ts';
import type { PoolFigures } from './pool-counts.ts';

const capacity = { routes: 2, targets: 2, backends: 2, versions: 2, series: 64, addresses: 64 };
const figures: PoolFigures = { open: 3, idle: 1, opened: 3, reused: 10, waits: 2 };

function setUp(workers = 1) {
  const memory = createNodeMemory({ workers, capacity });
  const counts = memory.telemetry.map((own) => new PoolCounts(own));
  return { memory, counts, telemetry: new PoolTelemetry(memory) };
}

test('pools of one address are added up, within a worker and over all', () => {
  const { counts, telemetry } = setUp(2);
  counts[0].report([
    ['a:80', figures],
    ['a:80', figures],
  ]);
  counts[1].report([['a:80', figures]]);
  expect(Object.fromEntries(telemetry.read())).toEqual({
    'a:80': { isUsed: true, open: 9, idle: 3, opened: 9, reused: 30, waits: 6 },
  });
});

test('what was counted stays, and connections of an address that is gone do not', () => {
  const { counts, telemetry } = setUp();
  counts[0].report([['a:80', figures]]);
  counts[0].report([['b:80', figures]]);
  const totals = telemetry.read();
  expect(totals.get('a:80')).toEqual({ isUsed: false, open: 0, idle: 0, opened: 3, reused: 10, waits: 2 });
  counts[0].report([['a:80', figures]]);
  expect(telemetry.read().get('a:80')).toMatchObject({ isUsed: true, open: 3, opened: 6 });
});

test('addresses beyond the limit are counted together', () => {
  const { counts, telemetry } = setUp();
  const addresses = Array.from({ length: poolLayout.rows + 5 }, (_, index) => `host-${index}:80`);
  counts[0].report([...addresses, 'x'.repeat(poolLayout.nameBytes)].map((address) => [address, figures] as const));
  const totals = telemetry.read();
  expect(totals.size).toBe(poolLayout.rows + 1);
  expect(totals.get('other')).toMatchObject({ open: 18, opened: 18 });
});

test('a worker that has ended has nothing open, and its successor goes on counting', () => {
  const { memory, counts, telemetry } = setUp();
  counts[0].report([['a:80', figures]]);
  new NodeState(memory, -1).forgetWorker(0);
  expect(telemetry.read().get('a:80')).toMatchObject({ isUsed: false, open: 0, idle: 0, opened: 3 });
  new PoolCounts(memory.telemetry[0]).report([['a:80', { ...figures, open: 1 }]]);
  expect(telemetry.read().get('a:80')).toMatchObject({ isUsed: true, open: 1, opened: 6 });
});
