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
    expect(pools.get(backend()) === pools.get(backend(change))).toBe(shared);
  });
});

test('a pool that is used by no route any more is retired, and made anew when it is wanted again', () => {
  const { pools } = createContext();
  const [kept, gone] = [pools.get(backend()), pools.get(backend({ url: 'https://192.0.2.2' }))];
  pools.retireOthers(new Set([kept]));
  expect(pools.get(backend())).toBe(kept);
  expect(pools.get(backend({ url: 'https://192.0.2.2' }))).not.toBe(gone);
  // A retired pool keeps no connection; one in use may always shrink to its minimum only.
  expect(gone.mayShrink()).toBe(true);
});
