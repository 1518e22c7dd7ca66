import { expect, test } from 'vitest';
import { hashKey } from './hashed-counts.ts';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';

const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 1024 };

function createState(): NodeState {
  // Addresses are placed in the same way each time: by chance two of them could share their places.
  return new NodeState({ ...createNodeMemory({ workers: 1, capacity }), addressSeed: 42 }, 0);
}

test('refuses connections beyond the limit of an address, and lets others in', () => {
  const state = createState();
  const limits = { total: 0, perAddress: 2 };
  const [alice, bob] = [state.addressHash('192.0.2.1'), state.addressHash('2001:db8::1')];
  expect([1, 2, 3].map(() => state.connections.opened(alice, limits))).toEqual([true, true, false]);
  expect(state.connections.opened(bob, limits)).toBe(true);
  expect(state.connections.active()).toBe(3);
  state.connections.closed(alice);
  expect(state.connections.opened(alice, limits)).toBe(true);
});

test('refuses connections beyond the limit of the node', () => {
  const state = createState();
  const limits = { total: 2, perAddress: 0 };
  expect([1, 2, 3].map((hash) => state.connections.opened(hash, limits))).toEqual([true, true, false]);
  state.connections.closed(1);
  expect(state.connections.opened(3, limits)).toBe(true);
});

test('hardly ever refuses an address for what others do', () => {
  const state = createState();
  const limits = { total: 0, perAddress: 4 };
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    if (!state.connections.opened(hashKey(`10.0.${i >> 8}.${i & 255}`, 42), limits)) refused++;
  }
  expect(refused).toBeLessThan(10);
});

test('places addresses differently on each node', () => {
  expect(hashKey('192.0.2.1', 1)).not.toBe(hashKey('192.0.2.1', 2));
});

test('throws when more is left than was entered', () => {
  const state = createState();
  expect(() => state.leaveGateway()).toThrow('left more often than it was entered');
  expect(state.gatewayActive()).toBe(0);
});
