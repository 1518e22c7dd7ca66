import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';
import { SlotRegistry } from './registry.ts';
import { readTelemetry } from './telemetry-snapshot.ts';
import { Telemetry } from './telemetry.ts';

const capacity = { routes: 3, targets: 3, backends: 3, series: 64, addresses: 64 };

function setUp(): { memory: NodeMemory; registry: SlotRegistry; state: NodeState; telemetry: Telemetry } {
  const memory = createNodeMemory({ workers: 1, capacity });
  return {
    memory,
    registry: new SlotRegistry(memory),
    state: new NodeState(memory, 0),
    telemetry: new Telemetry(memory, 0),
  };
}

test('gives each key a slot of its own, and a held key the one it has', () => {
  const { registry } = setUp();
  expect(registry.acquire('route', 'a')).toBe(registry.acquire('route', 'a'));
  expect(registry.acquire('route', 'b')).not.toBe(registry.acquire('route', 'a'));
  expect([...registry.entries('route')].map(({ key }) => key)).toEqual(['a', 'b']);
});

test('throws with the numbers when all slots are taken', () => {
  const { registry } = setUp();
  for (const key of ['a', 'b', 'c']) registry.acquire('target', key);
  registry.release('target', 'c', 2);
  expect(() => registry.acquire('target', 'd')).toThrow(/no target slot is left for d: of 3, 2 are in use and 1 wait/);
});

test('refuses to release what is not held', () => {
  const { registry } = setUp();
  expect(() => registry.release('backend', 'a', 1)).toThrow('the backend a is released but was not acquired');
});

test('keeps a released slot for its key, with its state, until no worker uses the old generation', () => {
  const { registry, state } = setUp();
  const slot = registry.acquire('target', 'a');
  state.health.set(slot, 'Unhealthy');
  registry.release('target', 'a', 7);
  registry.reclaim(6);
  expect(registry.acquire('target', 'b')).not.toBe(slot);
  expect(registry.acquire('target', 'a')).toBe(slot);
  expect(state.health.get(slot)).toBe('Unhealthy');
});

test('does not reuse a slot while exchanges are in flight on it', () => {
  const { registry, state } = setUp();
  const slot = registry.acquire('route', 'a');
  state.routes.enter(slot, 0);
  registry.release('route', 'a', 2);
  registry.reclaim(2);
  const others = ['b', 'c'].map((key) => registry.acquire('route', key));
  expect(others).not.toContain(slot);
  state.routes.leave(slot);
  registry.reclaim(2);
  expect(registry.acquire('route', 'd')).toBe(slot);
});

test('keeps a key that is held several times until each holder has let go', () => {
  const { registry } = setUp();
  const slot = registry.acquire('target', 'shared');
  registry.acquire('target', 'shared');
  registry.release('target', 'shared', 2);
  registry.reclaim(2);
  expect(registry.acquire('target', 'other')).not.toBe(slot);
  expect([...registry.entries('target')].map(({ key }) => key)).toEqual(['shared', 'other']);
  registry.release('target', 'shared', 3);
  registry.reclaim(3);
  expect([...registry.entries('target')].map(({ key }) => key)).toEqual(['other']);
  expect(registry.acquire('target', 'new')).toBe(slot);
  expect(() => registry.release('target', 'shared', 4)).toThrow('was not acquired');
});

test('shows nothing of a former owner in a reused slot', () => {
  const { memory, registry, state, telemetry } = setUp();
  const settings = { failureThreshold: 1, timeout: 1000, halfOpenRequests: 1 };
  const slots = (['route', 'target', 'backend'] as const).map((kind) => registry.acquire(kind, 'old'));
  const [route = 0, target = 0, backend = 0] = slots;
  telemetry.record(backend, route, 'GET', 200, 5);
  telemetry.record(-1, route, 'GET', 503, 5);
  telemetry.retry(backend);
  telemetry.failed(backend);
  state.breakers.report(backend, settings, false, 0);
  state.health.set(target, 'Unhealthy');
  state.latency.report(target, 5, 1);
  state.ejection.failed(target, 1, 0, { consecutiveFailures: 1, ejectionTime: 1000 });

  for (const kind of ['route', 'target', 'backend'] as const) registry.release(kind, 'old', 2);
  registry.reclaim(2);
  expect((['route', 'target', 'backend'] as const).map((kind) => registry.acquire(kind, 'new'))).toEqual(slots);

  const counters = readTelemetry(memory);
  expect(counters.requestsOfBackend(backend)).toEqual([]);
  expect(counters.requestsOfRoute(route)).toEqual([]);
  expect([counters.retries(backend), counters.failures(backend), counters.durations(route).count]).toEqual([0, 0, 0]);
  expect(state.breakers.state(backend, 1)).toBe('closed');
  expect([state.health.get(target), state.latency.get(target), state.ejection.isEjected(target, 1)]).toEqual([
    'Unknown',
    0,
    false,
  ]);
});
