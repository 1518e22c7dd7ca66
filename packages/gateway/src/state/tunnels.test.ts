import { expect, test } from 'vitest';
import { createNodeMemory } from './layout.ts';
import { NodeState } from './node-state.ts';

const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 1024 };

test('tunnels are limited by route and by client address, over all workers', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [first, second] = [new NodeState(memory, 0), new NodeState(memory, 1)];
  const limits = { total: 3, perAddress: 2 };
  const alice = first.tunnelOwner('chat', '192.0.2.1');
  const bob = first.tunnelOwner('chat', '192.0.2.2');
  expect(first.enterTunnel(alice, limits)).toBe('entered');
  expect(second.enterTunnel(alice, limits)).toBe('entered');
  expect(first.enterTunnel(alice, limits)).toBe('client is full');
  expect(first.enterTunnel(bob, limits)).toBe('entered');
  expect(second.enterTunnel(bob, limits)).toBe('route is full');
  // Another route has limits of its own.
  expect(second.enterTunnel(second.tunnelOwner('feed', '192.0.2.1'), limits)).toBe('entered');
  expect(second.tunnelsActive()).toBe(4);
  second.leaveTunnel(alice);
  expect(first.enterTunnel(bob, limits)).toBe('entered');
});

test('a whole IPv6 subnet is one client', () => {
  const state = new NodeState(createNodeMemory({ workers: 1, capacity }), 0);
  const limits = { total: 0, perAddress: 1 };
  expect(state.enterTunnel(state.tunnelOwner('chat', '2001:db8:0:1::1'), limits)).toBe('entered');
  expect(state.enterTunnel(state.tunnelOwner('chat', '2001:db8:0:1::2'), limits)).toBe('client is full');
  expect(state.enterTunnel(state.tunnelOwner('chat', '2001:db8:0:2::1'), limits)).toBe('entered');
  const connections = { total: 0, perAddress: 1 };
  expect(state.connectionOpened(state.addressHash('2001:db8:0:1::1'), connections)).toBe(true);
  expect(state.connectionOpened(state.addressHash('2001:db8:0:1::2'), connections)).toBe(false);
});

test('the tunnels of a worker that died are taken back', () => {
  const memory = createNodeMemory({ workers: 2, capacity });
  const [main, dead] = [new NodeState(memory, -1), new NodeState(memory, 1)];
  const owner = dead.tunnelOwner('chat', '192.0.2.1');
  dead.enterTunnel(owner, { total: 1, perAddress: 1 });
  main.forgetWorker(1);
  expect(main.tunnelsActive()).toBe(0);
  expect(main.enterTunnel(owner, { total: 1, perAddress: 1 })).toBe('entered');
});
