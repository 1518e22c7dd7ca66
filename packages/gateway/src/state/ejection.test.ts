import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';

const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };
const settings = { consecutiveFailures: 3, ejectionTime: 1000 };

function createState(): NodeState {
  return new NodeState(createNodeMemory({ workers: 1, capacity }), 0);
}

function fail(state: NodeState, target: number, now: number, times = 3): void {
  for (let i = 0; i < times; i++) state.ejection.failed(target, 1, now, settings);
}

test('puts a target aside after failures in a row, until its time is over', () => {
  const state = createState();
  fail(state, 1, 0, 2);
  state.ejection.succeeded(1);
  fail(state, 1, 0, 2);
  expect(state.ejection.isEjected(1, 0)).toBe(false);
  fail(state, 1, 0, 1);
  expect(state.ejection.isEjected(1, 999)).toBe(true);
  expect(state.ejection.isEjected(1, 1000)).toBe(false);
});

test('stays away longer each time in succession, up to five minutes', () => {
  const state = createState();
  let now = 0;
  const lengths: number[] = [];
  for (let times = 1; times <= 400; times++) {
    fail(state, 1, now);
    let length = 0;
    while (state.ejection.isEjected(1, now + length)) length += 1000;
    lengths.push(length);
    now += length;
  }
  expect(lengths.slice(0, 3)).toEqual([1000, 2000, 3000]);
  expect(Math.max(...lengths)).toBe(300_000);
});

test('starts again with the shortest time after a good while', () => {
  const state = createState();
  fail(state, 1, 0);
  fail(state, 1, 1000);
  expect(state.ejection.isEjected(1, 2999)).toBe(true);
  fail(state, 1, 13_001);
  expect(state.ejection.isEjected(1, 14_000)).toBe(true);
  expect(state.ejection.isEjected(1, 14_001)).toBe(false);
});

test('counts failures of what was under way for nothing while a target is aside', () => {
  const state = createState();
  fail(state, 1, 0, 9);
  fail(state, 1, 1000, 2);
  expect(state.ejection.isEjected(1, 1000)).toBe(false);
});

test('tells how many of some targets are aside', () => {
  const state = createState();
  fail(state, 1, 0);
  fail(state, 3, 0);
  expect(state.ejection.ejectedCount([0, 1, 2, 3], 10)).toBe(2);
  expect(state.ejection.ejectedCount([0, 2], 10)).toBe(0);
});

test('averages latency, the newest counting an eighth', () => {
  const state = createState();
  expect(state.latency.get(1)).toBe(0);
  state.latency.report(1, 8, 1);
  expect(state.latency.get(1)).toBe(8);
  state.latency.report(1, 16, 1);
  expect(state.latency.get(1)).toBe(9);
  state.latency.report(2, 0, 1);
  expect(state.latency.get(2)).toBeGreaterThan(0);
});

test('uses a target without a verdict, and not one that is unhealthy or draining', () => {
  const state = createState();
  expect([state.health.get(1), state.health.usable(1)]).toEqual(['Unknown', true]);
  for (const [status, usable] of [
    ['Healthy', true],
    ['Unhealthy', false],
    ['Draining', false],
  ] as const) {
    state.health.set(1, status);
    expect([state.health.get(1), state.health.usable(1)]).toEqual([status, usable]);
  }
});
