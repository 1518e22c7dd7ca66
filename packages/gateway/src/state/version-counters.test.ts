import { latencyBucketOf } from '@sluice/model/latency-buckets';
import { describe, expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';
import { SlotRegistry } from './registry.ts';
import { VersionCounters } from './version-counters.ts';
import type { VersionOutcome } from './version-counters.ts';
import { VersionTelemetry } from './version-telemetry.ts';

const capacity = { routes: 3, targets: 3, backends: 3, versions: 4, series: 64, addresses: 64 };

function setUp(workers = 1) {
  const memory = createNodeMemory({ workers, capacity });
  return {
    memory,
    registry: new SlotRegistry(memory),
    states: Array.from({ length: workers }, (_, index) => new NodeState(memory, index)),
    counters: Array.from({ length: workers }, (_, index) => new VersionCounters(memory, index)),
    telemetry: new VersionTelemetry(memory),
  };
}

describe('what is counted of a version', () => {
  test.each<[VersionOutcome, object, number]>([
    ['answered', { failures: 0, clientErrors: 0, aborted: 0, rejected: 0 }, 1],
    ['clientError', { failures: 0, clientErrors: 1, aborted: 0, rejected: 0 }, 1],
    ['failed', { failures: 1, clientErrors: 0, aborted: 0, rejected: 0 }, 1],
    ['aborted', { failures: 0, clientErrors: 0, aborted: 1, rejected: 0 }, 0],
    ['rejected', { failures: 0, clientErrors: 0, aborted: 0, rejected: 1, ownAnswers: 0 }, 0],
    ['ownAnswer', { failures: 0, clientErrors: 0, aborted: 0, rejected: 0, ownAnswers: 1 }, 0],
  ])('%s', (outcome, expected, requests) => {
    const { counters, telemetry } = setUp();
    counters[0].record(2, outcome, 3);
    const totals = telemetry.of(2);
    expect(totals).toMatchObject(expected);
    expect(totals.durations.count).toBe(requests);
    expect(totals.durations.sumMs).toBe(3 * requests);
    expect(totals.durations.buckets[latencyBucketOf(3)]).toBe(requests);
    expect(telemetry.of(1).durations.count).toBe(0);
  });

  test('is the sum over all workers, and a worker that replaces another goes on counting', () => {
    const { memory, counters, telemetry } = setUp(2);
    counters[0].record(0, 'answered', 1);
    counters[1].record(0, 'failed', 1);
    new VersionCounters(memory, 1).record(0, 'failed', 2);
    expect(telemetry.of(0)).toMatchObject({ failures: 2, durations: { count: 3, sumMs: 4 } });
  });

  test('counts time that a clock has not shown as none', () => {
    const { counters, telemetry } = setUp();
    counters[0].record(0, 'answered', -1);
    expect(telemetry.of(0).durations).toMatchObject({ count: 1, sumMs: 0 });
  });

  test('needs a worker that exists', () => {
    const { memory } = setUp();
    expect(() => new VersionCounters(memory, 1)).toThrow('worker 1 of 1 does not exist');
  });
});

describe('the slot of a version', () => {
  test('begins at zero when it is given to another', () => {
    const { registry, counters, telemetry } = setUp(2);
    const slot = registry.acquire('version', 'one');
    counters[0].record(slot, 'aborted', 1);
    counters[1].record(slot, 'failed', 1);
    registry.release('version', 'one', 2);
    registry.reclaim(2);
    expect(registry.acquire('version', 'two')).toBe(slot);
    expect(telemetry.of(slot)).toMatchObject({ failures: 0, aborted: 0, durations: { count: 0, sumMs: 0 } });
    expect(telemetry.of(slot).durations.buckets.every((count) => count === 0)).toBe(true);
  });

  test('is not given to another while an exchange is on it, or a worker gives it to new ones', () => {
    const { registry, states } = setUp();
    const slot = registry.acquire('version', 'one');
    states[0].versions.add(slot);
    registry.release('version', 'one', 2);
    registry.reclaim(Infinity, 1);
    expect(registry.acquire('version', 'two')).not.toBe(slot);
    registry.reclaim(Infinity, 2);
    expect(registry.acquire('version', 'three')).not.toBe(slot);
    states[0].versions.leave(slot);
    registry.reclaim(Infinity, 2);
    expect(registry.acquire('version', 'four')).toBe(slot);
  });

  test('does not wait for streams on other slots, however old: shares may change 10,000 times beside one', () => {
    const { registry, states } = setUp();
    const first = registry.acquire('version', 'epoch 0');
    states[0].versions.add(first);
    for (let epoch = 1; epoch <= 10_000; epoch++) {
      registry.release('version', `epoch ${epoch - 1}`, epoch + 1);
      // The generation that the stream runs on stays in use; new exchanges get the newest one.
      registry.reclaim(1, epoch + 1);
      expect(registry.acquire('version', `epoch ${epoch}`)).not.toBe(first);
    }
  });

  test('is free again after the worker whose exchanges were on it has crashed', () => {
    const { registry, states, memory } = setUp();
    const slot = registry.acquire('version', 'one');
    states[0].versions.add(slot);
    registry.release('version', 'one', 2);
    new NodeState(memory, -1).forgetWorker(0);
    registry.reclaim(2);
    expect(registry.acquire('version', 'two')).toBe(slot);
  });
});

describe('the oldest generation that new exchanges get', () => {
  test('is that of the worker that is behind', () => {
    const { states } = setUp(2);
    states[0].setGeneration(7);
    states[1].setGeneration(6);
    states[1].setOldestGeneration(3);
    expect(states[0].vitals.oldestServed()).toBe(6);
  });

  test('counts a worker that starts with what it is sent first, and one that is gone not at all', () => {
    const { states } = setUp(2);
    states[0].setGeneration(7);
    states[0].vitals.setOldest(1, 5);
    expect(states[0].vitals.oldestServed()).toBe(5);
    states[0].forgetWorker(1);
    expect(states[0].vitals.oldestServed()).toBe(7);
    states[0].forgetWorker(0);
    expect(states[0].vitals.oldestServed()).toBe(Infinity);
  });
});
