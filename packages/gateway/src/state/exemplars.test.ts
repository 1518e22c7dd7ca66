import { latencyBounds as durationBounds, latencyBucketOf } from '@sluice/model/latency-buckets';
import { expect, test } from 'vitest';
import { ExemplarReader, ExemplarWriter } from './exemplars.ts';
import { durationBucketOf, overheadBounds, overheadBucketOf } from './exposed-buckets.ts';
import { createNodeMemory, exemplarLayout } from './layout.ts';
import { SlotRegistry } from './registry.ts';

const capacity = { routes: 3, targets: 3, backends: 3, versions: 4, series: 64, addresses: 64 };
const ids = [
  '4bf92f3577b34da6a3ce929d0e0e4736',
  '0000000000000000ffffffffffffffff',
  '80000000000000007fffffff00000001',
];

function setUp(workers = 1) {
  const memory = createNodeMemory({ workers, capacity });
  return {
    memory,
    writers: Array.from({ length: workers }, (_, index) => new ExemplarWriter(memory, index)),
    reader: new ExemplarReader(memory),
  };
}

test('a bucket has the latest exchange of all workers that fell in it', () => {
  const { writers, reader } = setUp(2);
  writers[0].record(1, -1, { traceId: ids[0], durationMs: 3, overheadUs: 40, at: 1000 });
  writers[1].record(1, -1, { traceId: ids[1], durationMs: 3.5, overheadUs: 50, at: 2000.5 });
  writers[0].record(1, -1, { traceId: ids[2], durationMs: 40_000, overheadUs: 5_000_000, at: 3000 });
  const durations = reader.durations(1);
  expect(durations[durationBucketOf(latencyBucketOf(3))]).toEqual({ traceId: ids[1], value: 0.0035, at: 2000.5 });
  expect(durations[durationBounds.length]).toEqual({ traceId: ids[2], value: 40, at: 3000 });
  expect(durations.filter((one) => one !== undefined)).toHaveLength(2);
  expect(reader.overheads(1).filter((one) => one !== undefined)).toEqual([
    { traceId: ids[1], value: 0.00005, at: 2000.5 },
    { traceId: ids[2], value: 5, at: 3000 },
  ]);
});

test('within a second, a worker keeps the first exchange of a bucket; a clock that was set back changes that', () => {
  const { writers, reader } = setUp();
  const traceAt = (id: number, at: number): unknown => {
    writers[0].record(1, -1, { traceId: ids[id], durationMs: 3, overheadUs: 40, at });
    return reader.durations(1)[durationBucketOf(latencyBucketOf(3))]?.traceId;
  };
  expect([traceAt(0, 5000), traceAt(1, 5999), traceAt(1, 6000), traceAt(2, 4000)]).toEqual([
    ids[0],
    ids[0],
    ids[1],
    ids[2],
  ]);
});

test('only an exchange on a version is an exemplar of the version', () => {
  const { writers, reader } = setUp();
  writers[0].record(0, -1, { traceId: ids[0], durationMs: 1, overheadUs: 1, at: 1 });
  expect(reader.versionDurations(0)).toEqual([]);
  writers[0].record(0, 3, { traceId: ids[1], durationMs: 1, overheadUs: 1, at: 2 });
  expect(reader.versionDurations(3).flatMap((one) => one?.traceId ?? [])).toEqual([ids[1]]);
  expect(reader.durations(2)).toEqual([]);
});

test.each([0, 0.2, 0.256, 0.3, 1, 33, 33_554, 33_555, 1e9])('%f ms lies within the bounds of its bucket', (ms) => {
  const within = (bounds: readonly number[], bucket: number, seconds: number): boolean =>
    seconds >= (bounds[bucket - 1] ?? 0) && seconds < (bounds[bucket] ?? Infinity);
  expect(within(durationBounds, durationBucketOf(latencyBucketOf(ms)), ms / 1000)).toBe(true);
  const us = Math.min(Math.trunc(ms * 1000), 0x7fffffff);
  expect(within(overheadBounds, overheadBucketOf(us), us / 1e6)).toBe(true);
});

test('every bucket has a place of its own', () => {
  const { places, route, version } = exemplarLayout;
  const [durations, overheads] = [durationBounds.length + 1, overheadBounds.length + 1].map((n) => n * places);
  expect(route.overhead).toBeGreaterThanOrEqual(durations);
  expect(route.stride).toBeGreaterThanOrEqual(route.overhead + overheads);
  expect(version.stride).toBeGreaterThanOrEqual(durations);
});

test('what is being written is left out, and a slot that others get has none', () => {
  const { memory, writers, reader } = setUp();
  const registry = new SlotRegistry(memory);
  const slots = [registry.acquire('route', 'a'), registry.acquire('version', 'a')] as const;
  writers[0].record(...slots, { traceId: ids[0], durationMs: 0.1, overheadUs: 1, at: 1 });
  const words = new Int32Array(memory.telemetry[0].routeExemplars);
  Atomics.add(words, slots[0] * exemplarLayout.route.stride * 2, 1);
  expect(reader.durations(slots[0])).toEqual([]);
  Atomics.add(words, slots[0] * exemplarLayout.route.stride * 2, 1);
  expect(reader.durations(slots[0])).toHaveLength(1);
  for (const kind of ['route', 'version'] as const) registry.release(kind, 'a', 2);
  registry.reclaim(2);
  expect([reader.durations(slots[0]), reader.overheads(slots[0]), reader.versionDurations(slots[1])]).toEqual([
    [],
    [],
    [],
  ]);
});
