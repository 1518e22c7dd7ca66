import { beforeEach, describe, expect, test } from 'vitest';
import { describeLock } from './testing/conformance.ts';
import { createProcessLock } from './process-lock.ts';
import type { Lock } from './lock.ts';

describe('the lock within a process', () => {
  let shared: Lock | undefined;
  beforeEach(() => {
    shared = undefined;
  });
  describeLock((clock) => (shared ??= createProcessLock({ clock })));

  test('goes by the clock it is given', async () => {
    let now = 0;
    const lock = createProcessLock({ clock: () => now });
    const lease = await lock.acquire('a', { ttlMs: 10 });
    now = 9;
    expect([lease?.lost, await lease?.renew()]).toEqual([false, true]);
    now = 18;
    expect(await lock.acquire('a', { ttlMs: 10 })).toBeUndefined();
    now = 19;
    expect(lease?.lost).toBe(true);
    expect(await lock.acquire('a', { ttlMs: 10 })).toBeDefined();
  });
});
