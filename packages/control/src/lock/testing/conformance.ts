import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Lock } from '../lock.ts';

/** What every lock does. `open` gives a lock that goes by a clock; all that it gives know each other, and no name is held. */
export function describeLock(open: (clock: () => number) => Lock): void {
  const opened: Lock[] = [];
  let now = 0;
  beforeEach(() => {
    now = 0;
  });
  const lock = (): Lock => {
    const one = open(() => now);
    opened.push(one);
    return one;
  };
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));
  const long = { ttlMs: 60_000 };

  test('a name has one holder, another name another', async () => {
    const [one, other] = [lock(), lock()];
    const lease = await one.acquire('a', long);
    expect(lease).toBeDefined();
    expect(await other.acquire('a', long)).toBeUndefined();
    expect(await one.acquire('a', long)).toBeUndefined();
    expect(await other.acquire('b', long)).toBeDefined();
  });

  test('of many who ask at once exactly one gets it', async () => {
    const locks = [lock(), lock(), lock()];
    const leases = await Promise.all(Array.from({ length: 30 }, (_, index) => locks[index % 3]?.acquire('race', long)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test('after a release it can be taken at once', async () => {
    const one = lock();
    const first = await one.acquire('a', long);
    await first?.release();
    const second = await one.acquire('a', long);
    expect(first?.lost).toBe(true);
    expect(second?.lost).toBe(false);
  });

  test('it runs out by itself, and then its holder can neither renew nor take it from the next one', async () => {
    const one = lock();
    const first = await one.acquire('a', { ttlMs: 50 });
    // A lock may count the time from when it first saw the lease.
    expect(await one.acquire('a', long)).toBeUndefined();
    now += 50;
    const second = await one.acquire('a', long);
    expect(second).toBeDefined();
    expect(await first?.renew()).toBe(false);
    expect(first?.lost).toBe(true);
    await first?.release();
    expect(await one.acquire('a', long)).toBeUndefined();
    expect(await second?.renew()).toBe(true);
  });

  test('renewal holds it for longer', async () => {
    const one = lock();
    const lease = await one.acquire('a', { ttlMs: 600 });
    for (let renewal = 0; renewal < 4; renewal++) {
      now += 599;
      expect(await lease?.renew()).toBe(true);
      expect(await one.acquire('a', long)).toBeUndefined();
    }
    expect(lease?.lost).toBe(false);
  });

  test('releasing twice, and renewing after a release, does no harm to the next holder', async () => {
    const one = lock();
    const first = await one.acquire('a', long);
    await first?.release();
    const second = await one.acquire('a', long);
    await first?.release();
    expect(await first?.renew()).toBe(false);
    expect(await second?.renew()).toBe(true);
    expect(await one.acquire('a', long)).toBeUndefined();
  });
}
