import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { SlotRegistry } from './registry.ts';
import { readTelemetry } from './telemetry-snapshot.ts';
import { Telemetry } from './telemetry.ts';

const capacity = { routes: 64, targets: 8, backends: 64, series: 64, addresses: 64 };

test('counts requests by backend, method and status, over all workers', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new Telemetry(memory, 0), new Telemetry(memory, 1)];
  first.record(1, 2, 'GET', 200, 5);
  second.record(1, 2, 'GET', 200, 15);
  second.record(1, 2, 'POST', 502, 5);
  second.record(-1, 2, 'POST', 503, 5);
  const telemetry = readTelemetry(memory);
  expect(telemetry.requestsOfBackend(1)).toEqual([
    { method: 'GET', status: 200, count: 2 },
    { method: 'POST', status: 502, count: 1 },
  ]);
  expect(telemetry.requestsOfRoute(2)).toEqual([{ method: 'POST', status: 503, count: 1 }]);
  expect(telemetry.requestsOfBackend(2)).toEqual([]);
  expect(telemetry.durations(2)).toMatchObject({ count: 4, sumMs: 30 });
});

test('keeps the largest slot apart from the others', () => {
  const memory = createNodeMemory({ workers: 1, capacity: { ...capacity, backends: 2 ** 18 } });
  const writer = new Telemetry(memory, 0);
  writer.record(2 ** 18 - 1, 0, 'TRACE', 599, 1);
  writer.record(2 ** 17, 0, 'GET', 200, 1);
  const telemetry = readTelemetry(memory);
  expect(telemetry.requestsOfBackend(2 ** 18 - 1)).toEqual([{ method: 'TRACE', status: 599, count: 1 }]);
  expect(telemetry.requestsOfBackend(2 ** 17)).toEqual([{ method: 'GET', status: 200, count: 1 }]);
});

test('counts methods that clients invent as one, and what is no status as one', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const writer = new Telemetry(memory, 0);
  for (const method of ['BREW', 'get', 'X'.repeat(1000)]) writer.record(0, 0, method, 200, 1);
  for (const status of [0, -1, Number.NaN, 70_000]) writer.recordUnrouted('GET', status);
  expect(readTelemetry(memory).requestsOfBackend(0)).toEqual([{ method: 'OTHER', status: 200, count: 3 }]);
  expect(readTelemetry(memory).unrouted).toEqual([{ method: 'GET', status: 1023, count: 4 }]);
});

test('counts what does not fit into a full table, and goes on counting what is in it', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const writer = new Telemetry(memory, 0);
  for (let status = 200; status < 300; status++) writer.record(0, 0, 'GET', status, 1);
  writer.record(0, 0, 'GET', 200, 1);
  const telemetry = readTelemetry(memory);
  const counts = telemetry.requestsOfBackend(0);
  expect(counts).toHaveLength(48);
  expect(telemetry.uncounted).toBe(52);
  expect(counts.find(({ status }) => status === 200)?.count).toBe(2);
  expect(telemetry.durations(0).count).toBe(101);
});

test('makes room by forgetting dead keys, and loses no living count', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const registry = new SlotRegistry(memory);
  const writer = new Telemetry(memory, 0);
  const keeper = registry.acquire('backend', 'keeper');
  for (let revision = 1; revision <= 1000; revision++) {
    const backend = registry.acquire('backend', `passing ${revision}`);
    writer.record(backend, 0, 'GET', 200, 1);
    writer.record(keeper, 0, 'GET', 200, 1);
    registry.release('backend', `passing ${revision}`, revision);
    registry.reclaim(revision);
  }
  const telemetry = readTelemetry(memory);
  expect(telemetry.uncounted).toBe(0);
  expect(telemetry.requestsOfBackend(keeper)).toEqual([{ method: 'GET', status: 200, count: 1000 }]);
});

test('lets a worker go on with the counters of the one it replaces', () => {
  const memory = createNodeMemory({ workers: 1, capacity });
  const registry = new SlotRegistry(memory);
  const backend = registry.acquire('backend', 'a');
  for (let status = 200; status < 230; status++) new Telemetry(memory, 0).record(backend, 0, 'GET', status, 1);
  registry.acquire('backend', 'b');
  registry.release('backend', 'b', 1);
  registry.reclaim(1);
  for (let status = 200; status < 240; status++) new Telemetry(memory, 0).record(backend, 0, 'GET', status, 1);
  const counts = readTelemetry(memory).requestsOfBackend(backend);
  expect(counts).toHaveLength(40);
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(70);
});

test('counts rejections, retries, failures and connections', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new Telemetry(memory, 0), new Telemetry(memory, 1)];
  for (const writer of [first, second]) {
    writer.reject('CIRCUIT_OPEN');
    writer.retry(3);
    writer.failed(4);
    writer.connection();
  }
  const telemetry = readTelemetry(memory);
  expect(telemetry.rejections.get('CIRCUIT_OPEN')).toBe(2);
  expect(telemetry.rejections.get('NOT_FOUND')).toBe(0);
  expect([telemetry.retries(3), telemetry.failures(4), telemetry.connections]).toEqual([2, 2, 2]);
});
