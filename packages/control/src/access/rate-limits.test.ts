import { expect, test } from 'vitest';
import { RateLimits } from './rate-limits.ts';

test('lets pass so many a minute, for each caller and operation by itself', () => {
  let now = 1_000_000;
  const limits = new RateLimits(() => now);
  const take = (caller = 'user:olga', operation = 'createRoute') => limits.take(caller, operation, 3);
  expect([take(), take(), take(), take()]).toEqual([
    { allowed: true, limit: 3, remaining: 2, resetSeconds: 60 },
    { allowed: true, limit: 3, remaining: 1, resetSeconds: 60 },
    { allowed: true, limit: 3, remaining: 0, resetSeconds: 60 },
    { allowed: false, limit: 3, remaining: 0, resetSeconds: 60 },
  ]);
  expect(take('apiKey:olga').allowed).toBe(true);
  expect(take('user:olga', 'updateRoute').allowed).toBe(true);
  now += 59_500;
  expect(take()).toEqual({ allowed: false, limit: 3, remaining: 0, resetSeconds: 1 });
  now += 500;
  expect(take()).toEqual({ allowed: true, limit: 3, remaining: 2, resetSeconds: 60 });
});

test('a clock that goes back begins a new minute, instead of an endless one', () => {
  let now = 10_000_000;
  const limits = new RateLimits(() => now);
  limits.take('user:olga', 'read', 1);
  now -= 3_600_000;
  expect(limits.take('user:olga', 'read', 1)).toMatchObject({ allowed: true, resetSeconds: 60 });
});
