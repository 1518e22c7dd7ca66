import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startRedis } from '../redis/testing/start-redis.ts';
import type { TestRedis } from '../redis/testing/start-redis.ts';
import { describeLock } from './conformance.ts';
import type { Lease, Lock } from './lock.ts';
import { LockUnavailableError } from './lock.ts';
import { openRedisLock } from './redis-lock.ts';

const log = { info: () => undefined, warn: () => undefined };
const long = { ttlMs: 60_000 };
const patient = { timeout: 15_000, interval: 20 };

let redis: TestRedis;
const opened: Lock[] = [];

async function open(url = redis.url): Promise<Lock> {
  const lock = await openRedisLock({ url, log });
  opened.push(lock);
  return lock;
}

/** Takes a name as soon as it can be had. */
function taken(lock: Lock, name: string, above = 0): Promise<Lease> {
  return vi.waitFor(async () => {
    const lease = await lock.acquire(name, { ...long, above });
    if (lease === undefined) throw new Error('somebody else holds it');
    return lease;
  }, patient);
}

beforeEach(async () => {
  redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((lock) => lock.close()));
  await redis.stop();
});

describe('the lock in Redis', () => {
  describeLock(() => openRedisLock({ url: redis.url, log }));

  test('while Redis is killed nothing is given out, renewed or lost for sure; afterwards it goes on', async () => {
    const [one, other] = [await open(), await open()];
    const lease = await taken(one, 'a');
    await redis.kill();
    await expect(other.acquire('a', long)).rejects.toThrow(LockUnavailableError);
    expect([await lease.renew(), lease.lost]).toEqual([false, false]);
    await redis.restart();
    await vi.waitFor(async () => expect(await lease.renew()).toBe(true), patient);
    await vi.waitFor(async () => expect(await other.acquire('a', long)).toBeUndefined(), patient);
    await lease.release();
    expect((await taken(other, 'a')).token).toBeGreaterThan(lease.token);
  });

  test('a Redis that lost its data lets the next one in, above the token that it remembers', async () => {
    await redis.stop();
    redis = await startRedis();
    const [one, other] = [await open(), await open()];
    const lease = await taken(one, 'a', 41);
    await redis.kill();
    await redis.restart();
    const next = await taken(other, 'a', lease.token);
    expect([lease.token, next.token]).toEqual([42, 43]);
    await vi.waitFor(async () => {
      expect(await lease.renew()).toBe(false);
      expect(lease.lost).toBe(true);
    }, patient);
    expect(await next.renew()).toBe(true);
  });

  test('releasing while Redis is away does not fail', async () => {
    const lease = await taken(await open(), 'a');
    await redis.kill();
    await expect(lease.release()).resolves.toBeUndefined();
    expect([await lease.renew(), lease.lost]).toEqual([false, true]);
  });

  test('a server that does not answer is waited for a second, and what it takes afterwards is given back', async () => {
    const [one, other] = [await open(), await open()];
    const first = await taken(one, 'a');
    await first.release();
    process.kill(redis.pid, 'SIGSTOP');
    const started = performance.now();
    await expect(one.acquire('a', long)).rejects.toThrow('no answer within 1000 ms');
    expect(performance.now() - started).toBeLessThan(3_000);
    process.kill(redis.pid, 'SIGCONT');
    // Token 2 was given out to nobody, and more when others waited in vain, too.
    expect((await taken(other, 'a')).token).toBeGreaterThan(2);
  });

  test('opens while Redis is down, says why nothing can be had, and works when it is up', async () => {
    await redis.kill();
    const lock = await open();
    await expect(lock.acquire('a', long)).rejects.toThrow('the lock in Redis is not available: connect ECONNREFUSED');
    await redis.restart();
    await taken(lock, 'a');
  });

  test('a Redis that refuses the command says why, without the password', async () => {
    const full = await startRedis(['--maxmemory', '1', '--requirepass', 'hunter2-hunter2']);
    try {
      const lock = await open(`redis://:hunter2-hunter2@127.0.0.1:${full.port}`);
      const refused = await lock.acquire('a', long).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LockUnavailableError);
      expect(String(refused)).toContain('OOM');
      expect(String(refused)).not.toContain('hunter2');
    } finally {
      await full.stop();
    }
  });
});
