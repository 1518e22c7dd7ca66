import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';

const settings = { failureThreshold: 3, timeout: 1000, halfOpenRequests: 2 };
const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };
const backend = 5;

function opened(): NodeState {
  const state = new NodeState(createNodeMemory({ workers: 2, capacity }), 0);
  for (let i = 0; i < 3; i++) state.breakers.report(backend, settings, false, 0);
  return state;
}

test('opens after the threshold of failures in a row, and only then', () => {
  const state = new NodeState(createNodeMemory({ workers: 1, capacity }), 0);
  for (const ok of [false, false, true, false, false]) state.breakers.report(backend, settings, ok, 0);
  expect(state.breakers.state(backend, 0)).toBe('closed');
  state.breakers.report(backend, settings, false, 0);
  expect(state.breakers.state(backend, 0)).toBe('open');
  expect(state.breakers.state(backend - 1, 0)).toBe('closed');
});

test('refuses until the timeout is over', () => {
  const state = opened();
  expect(state.breakers.allows(backend, settings, 999)).toBe(false);
  expect(state.breakers.enter(backend, settings, 999)).toBe(false);
  expect(state.breakers.state(backend, 1000)).toBe('half-open');
  expect(state.breakers.allows(backend, settings, 1000)).toBe(true);
  expect(state.breakers.enter(backend, settings, 1000)).toBe(true);
});

test('lets the half-open requests through and closes when all of them succeed', () => {
  const state = opened();
  expect([1, 2, 3].map(() => state.breakers.enter(backend, settings, 1000))).toEqual([true, true, false]);
  expect(state.breakers.allows(backend, settings, 1000)).toBe(false);
  state.breakers.report(backend, settings, true, 1001);
  expect(state.breakers.state(backend, 1001)).toBe('half-open');
  state.breakers.report(backend, settings, true, 1001);
  expect(state.breakers.state(backend, 1001)).toBe('closed');
});

test('opens again, for a whole timeout, when one half-open request fails', () => {
  const state = opened();
  state.breakers.enter(backend, settings, 1000);
  state.breakers.enter(backend, settings, 1000);
  state.breakers.report(backend, settings, true, 1001);
  state.breakers.report(backend, settings, false, 1500);
  expect(state.breakers.state(backend, 2499)).toBe('open');
  expect(state.breakers.enter(backend, settings, 2500)).toBe(true);
});

test('ignores reports of exchanges that began before it opened', () => {
  const state = opened();
  state.breakers.report(backend, settings, true, 10);
  expect(state.breakers.state(backend, 10)).toBe('open');
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new NodeState(memory, 0), new NodeState(memory, 1)];
  for (let i = 0; i < 3; i++) first.breakers.report(backend, settings, false, 0);
  first.breakers.enter(backend, settings, 1000);
  for (const ok of [true, true, false]) second.breakers.report(backend, settings, ok, 1001);
  expect(first.breakers.state(backend, 1001)).toBe('half-open');
});

test('ignores reports of a former half-open round', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new NodeState(memory, 0), new NodeState(memory, 1)];
  for (let i = 0; i < 3; i++) first.breakers.report(backend, settings, false, 0);
  first.breakers.enter(backend, settings, 1000);
  second.breakers.enter(backend, settings, 1000);
  second.breakers.report(backend, settings, false, 1001);
  second.breakers.enter(backend, settings, 2001);
  first.breakers.report(backend, settings, false, 2002);
  expect(first.breakers.state(backend, 2002)).toBe('half-open');
});

test('takes back a permit whose exchange ended without a verdict', () => {
  const state = opened();
  state.breakers.enter(backend, settings, 1000);
  state.breakers.enter(backend, settings, 1000);
  state.breakers.cancel(backend);
  expect([1, 2].map(() => state.breakers.enter(backend, settings, 1001))).toEqual([true, false]);
  for (let i = 0; i < 5; i++) state.breakers.cancel(backend);
  expect([1, 2, 3].map(() => state.breakers.enter(backend, settings, 1001))).toEqual([true, true, false]);
});

test('gives permits out anew when nobody has reported on them for a timeout', () => {
  const state = opened();
  state.breakers.enter(backend, settings, 1000);
  state.breakers.enter(backend, settings, 1000);
  expect(state.breakers.enter(backend, settings, 1999)).toBe(false);
  expect([1, 2, 3].map(() => state.breakers.enter(backend, settings, 2000))).toEqual([true, true, false]);
});

test('goes on where few requests come: permits not yet given wait as long as they must', () => {
  const state = opened();
  for (const now of [1000, 60_000]) {
    expect(state.breakers.enter(backend, settings, now)).toBe(true);
    state.breakers.report(backend, settings, true, now);
  }
  expect(state.breakers.state(backend, 60_000)).toBe('closed');
});

test('works on through more rounds than a word can number', () => {
  const state = opened();
  let now = 0;
  for (let round = 0; round < 20_000; round++) {
    now += 1000;
    if (!state.breakers.enter(backend, settings, now)) throw new Error(`refused in round ${round}`);
    state.breakers.report(backend, settings, false, now);
  }
  expect(state.breakers.state(backend, now)).toBe('open');
});
