import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';

const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 1024 };

/** A memory that places the same addresses in the same way each time: by chance two of them could share their places. */
const memoryFor = (workers: number) => ({ ...createNodeMemory({ workers, capacity }), addressSeed: 42 });

test('tunnels are limited by route and by client address, over all workers', () => {
  const memory = memoryFor(2);
  const [first, second] = [new NodeState(memory, 0), new NodeState(memory, 1)];
  const limits = { total: 3, perAddress: 2 };
  const alice = first.tunnelOwner('chat', '192.0.2.1');
  const bob = first.tunnelOwner('chat', '192.0.2.2');
  expect(first.tunnels.enter(alice, limits)).toBe('entered');
  expect(second.tunnels.enter(alice, limits)).toBe('entered');
  expect(first.tunnels.enter(alice, limits)).toBe('client is full');
  expect(first.tunnels.enter(bob, limits)).toBe('entered');
  expect(second.tunnels.enter(bob, limits)).toBe('route is full');
  // Another route has limits of its own.
  expect(second.tunnels.enter(second.tunnelOwner('feed', '192.0.2.1'), limits)).toBe('entered');
  expect(second.tunnels.active()).toBe(4);
  second.tunnels.leave(alice);
  expect(first.tunnels.enter(bob, limits)).toBe('entered');
});

test('a whole IPv6 subnet is one client', () => {
  const state = new NodeState(memoryFor(1), 0);
  const limits = { total: 0, perAddress: 1 };
  expect(state.tunnels.enter(state.tunnelOwner('chat', '2001:db8:0:1::1'), limits)).toBe('entered');
  expect(state.tunnels.enter(state.tunnelOwner('chat', '2001:db8:0:1::2'), limits)).toBe('client is full');
  expect(state.tunnels.enter(state.tunnelOwner('chat', '2001:db8:0:2::1'), limits)).toBe('entered');
  const connections = { total: 0, perAddress: 1 };
  expect(state.connections.opened(state.addressHash('2001:db8:0:1::1'), connections)).toBe(true);
  expect(state.connections.opened(state.addressHash('2001:db8:0:1::2'), connections)).toBe(false);
});

test('the tunnels of a worker that died are taken back', () => {
  const memory = memoryFor(2);
  const [main, dead] = [new NodeState(memory, -1), new NodeState(memory, 1)];
  const owner = dead.tunnelOwner('chat', '192.0.2.1');
  dead.tunnels.enter(owner, { total: 1, perAddress: 1 });
  main.forgetWorker(1);
  expect(main.tunnels.active()).toBe(0);
  expect(main.tunnels.enter(owner, { total: 1, perAddress: 1 })).toBe('entered');
});
