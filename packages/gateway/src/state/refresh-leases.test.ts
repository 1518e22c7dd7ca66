import { expect, test } from 'vitest';
import { createNodeMemory, leasePlaces } from './layout.ts';
import { RefreshLeases } from './refresh-leases.ts';

const memory = () =>
  createNodeMemory({ workers: 1, capacity: { routes: 8, targets: 8, backends: 8, series: 8, addresses: 8 } });

test('one thread takes a lease, the others learn that it is busy, then that it is done, until its time', () => {
  let now = 1_000;
  const shared = memory();
  const [one, other] = [new RefreshLeases(shared, () => now), new RefreshLeases(shared, () => now)];
  expect([one.take(7, 500), other.take(7, 500), one.take(7, 500)]).toEqual(['taken', 'busy', 'busy']);
  one.finish(7, 1_000);
  expect(other.take(7, 500)).toBe('done');
  now = 2_100;
  expect(other.take(7, 500)).toBe('taken');
  other.drop(7);
  expect(one.take(7, 500)).toBe('taken');
});

test('a thread that dies holds a lease only for its time', () => {
  let now = 0;
  const leases = new RefreshLeases(memory(), () => now);
  leases.take(0xffff_ffff | 0, 500);
  now = 600;
  expect(leases.take(0xffff_ffff | 0, 500)).toBe('taken');
});

test('tokens that share a place wait for each other only while one is renewed', () => {
  const leases = new RefreshLeases(memory(), () => 0);
  leases.take(3, 500);
  expect(leases.take(3 + leasePlaces, 500)).toBe('busy');
  leases.finish(3, 1_000);
  expect(leases.take(3 + leasePlaces, 500)).toBe('taken');
});
