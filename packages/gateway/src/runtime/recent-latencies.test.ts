import { expect, test } from 'vitest';
import { createNodeMemory, Telemetry } from '../state/index.ts';
import { RecentLatencies } from './recent-latencies.ts';

test('has the requests of the last minute, and none that are older', () => {
  const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };
  const memory = createNodeMemory({ workers: 2, capacity });
  const workers = [new Telemetry(memory, 0), new Telemetry(memory, 1)];
  const answer = (times: number, route: number): void => {
    for (let count = 0; count < times; count++) workers[count % 2].record(0, route, 'GET', 200, 1);
  };
  const recent = new RecentLatencies(memory, 0);
  const countAt = (now: number, routes = [{ slot: 1 }, { slot: 2 }]): number =>
    recent.read(routes, now).reduce((sum, [, count]) => sum + count, 0);
  expect(countAt(1_000)).toBe(0);
  answer(3, 1);
  expect(countAt(2_000)).toBe(3);
  answer(4, 2);
  expect(countAt(10_000)).toBe(7);
  expect(countAt(60_000)).toBe(7);
  answer(2, 1);
  expect(countAt(69_000)).toBe(9);
  // The reading of 10,000 is a minute old, and began after the seven.
  expect(countAt(70_000)).toBe(2);
  expect(countAt(129_000)).toBe(0);
  // The requests of a route that is gone are gone with it.
  expect(countAt(130_000, [{ slot: 2 }])).toBe(0);
});
