import { describe, expect, test } from 'vitest';
import { configOf, createContext } from './testing/plans.ts';

function backend(change: object = {}) {
  const backends = [{ name: 'a', url: 'https://192.0.2.1', ...change }];
  return configOf({ one: { backends } }).routes[0].backends[0];
}

describe('backends share a pool', () => {
  test.each([
    [{ name: 'other', weight: 3, url: 'https://192.0.2.1:443/prefix' }, true],
    [{ healthCheck: {} }, true],
    [{ url: 'http://192.0.2.1' }, false],
    [{ url: 'https://192.0.2.1:444' }, false],
    [{ tls: { verify: false } }, false],
    [{ connectionPool: { maxSize: 3 } }, false],
  ])('with %j: %s', (change, shared) => {
    const { pools } = createContext();
    expect(pools.lease(backend()).pool === pools.lease(backend(change)).pool).toBe(shared);
  });
});

test('a pool is retired when its last lease is given back, and made anew when it is wanted again', () => {
  const { pools } = createContext();
  const [first, second] = [pools.lease(backend()), pools.lease(backend())];
  const kept = pools.lease(backend({ url: 'https://192.0.2.2', connectionPool: { minSize: 1 } }));
  pools.giveBack(first);
  expect(pools.lease(backend()).pool).toBe(second.pool);
  pools.giveBack(second);
  pools.giveBack(second);
  expect(pools.size).toBe(1);
  expect(pools.lease(backend()).pool).not.toBe(first.pool);
  expect(pools.lease(backend({ url: 'https://192.0.2.2', connectionPool: { minSize: 1 } })).pool).toBe(kept.pool);
  // A retired pool keeps no connection; one in use may always shrink to its minimum only.
  expect(first.pool.mayShrink()).toBe(true);
});

test('giving back more often than taking is a mistake', () => {
  const { pools } = createContext();
  const lease = pools.lease(backend());
  pools.giveBack(lease);
  expect(() => pools.giveBack(lease)).toThrow('was given back more often than it was taken');
});
