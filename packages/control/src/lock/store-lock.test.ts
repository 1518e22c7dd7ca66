import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { describeLock } from './testing/conformance.ts';
import { leases } from './leases.ts';
import { LockUnavailableError } from './lock.ts';
import { createStoreLock } from './store-lock.ts';

describe('the lock in a store', () => {
  let store: Store;
  beforeEach(() => {
    store = createMemoryStore([leases]);
  });
  describeLock((clock) => createStoreLock({ store, clock }));

  test('a killed holder is replaced once its lease was not renewed for its time, whatever the clocks say', async () => {
    let now = 0;
    const killed = createStoreLock({ store, clock: () => 1_000_000 });
    const other = createStoreLock({ store, clock: () => now });
    const lease = await killed.acquire('a', { ttlMs: 100 });
    expect(await other.acquire('a', { ttlMs: 100 })).toBeUndefined();
    now = 99;
    expect(await other.acquire('a', { ttlMs: 100 })).toBeUndefined();
    await lease?.renew();
    now = 150;
    expect(await other.acquire('a', { ttlMs: 100 })).toBeUndefined();
    now = 250;
    expect(await other.acquire('a', { ttlMs: 100 })).toBeDefined();
    expect(await lease?.renew()).toBe(false);
    expect(lease?.lost).toBe(true);
  });

  test('a store that is away is told of; a lease outlives it, also when the answer to a renewal was lost', async () => {
    let fails: 'before' | 'after' | undefined;
    const away = new StoreUnavailableError('away');
    const shaky: Pick<Store, 'get' | 'commit'> = {
      get: (collection, id) => (fails === 'before' ? Promise.reject(away) : store.get(collection, id)),
      async commit(writes) {
        if (fails === 'before') throw away;
        await store.commit(writes);
        if (fails === 'after') throw away;
      },
    };
    const lock = createStoreLock({ store: shaky, clock: () => 0 });
    const lease = await lock.acquire('a', { ttlMs: 100 });
    fails = 'before';
    expect([await lease?.renew(), lease?.lost]).toEqual([false, false]);
    await expect(lock.acquire('b', { ttlMs: 100 })).rejects.toThrow(LockUnavailableError);
    fails = 'after';
    expect([await lease?.renew(), lease?.lost]).toEqual([false, false]);
    fails = undefined;
    expect([await lease?.renew(), lease?.lost]).toEqual([true, false]);
  });
});
