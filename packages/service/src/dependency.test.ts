import { expect, test } from 'vitest';
import { LastCheck, openDependency } from './dependency.ts';
import { createManualClock } from './testing/index.ts';

test('health tells of the last check: how long it took, how long ago, and why it failed', async () => {
  const clock = createManualClock();
  const check = new LastCheck(clock);
  expect(check.health('store')).toEqual({ name: 'store', status: 'healthy' });
  await check.run(() => clock.advance(12));
  await clock.advance(1_300);
  expect(check.health('store')).toEqual({ name: 'store', status: 'healthy', response_time_ms: 12, ageSeconds: 1.3 });
  const failed = check.run(async () => {
    await clock.advance(3);
    throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
  });
  await expect(failed).rejects.toThrow('ECONNREFUSED');
  const reason = 'connect ECONNREFUSED 10.0.0.7:5432';
  const health = { name: 'store', status: 'unhealthy', response_time_ms: 3, ageSeconds: 0, reason };
  expect(check.health('store')).toEqual(health);
  await check.run(() => Promise.resolve());
  expect(check.health('store')).toMatchObject({ status: 'healthy', response_time_ms: 0 });
});

test('a check that does not end is a failure after five seconds, with the time that it takes so far', async () => {
  const clock = createManualClock();
  const check = new LastCheck(clock);
  await check.run(() => Promise.resolve());
  const hanging = Promise.withResolvers<void>();
  const done = check.run(() => hanging.promise);
  await clock.advance(5_000);
  expect([check.isRunning, check.health('store')]).toMatchObject([true, { status: 'healthy' }]);
  await clock.advance(1);
  const late = { status: 'unhealthy', response_time_ms: 5_001, ageSeconds: 0, reason: 'no answer in time' };
  expect(check.health('store')).toEqual({ name: 'store', ...late });
  hanging.resolve();
  await done;
  expect([check.isRunning, check.health('store').status]).toEqual([false, 'healthy']);
});

test.each([
  ['connect ECONNREFUSED 10.0.0.7:5432', 'it refuses connections'],
  ['getaddrinfo ENOTFOUND db.internal', 'its name cannot be looked up'],
  ['connect EHOSTUNREACH 10.0.0.7:6379', 'it cannot be reached'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'it refuses access'],
  ['password authentication failed for user "sluice"', 'it refuses access'],
  ["READONLY You can't write against a read only replica.", 'it accepts no changes'],
  ['database or disk is full', 'its disk is full'],
  ['self-signed certificate in certificate chain of db.internal', 'its certificate or its TLS is not accepted'],
  ['no answer within 50 ms', 'no answer in time'],
  ['read ECONNRESET', 'the connection was lost'],
  ['no connection yet', 'no connection yet'],
  ['https://user:secret@id.internal/jwks answered 500', 'it failed: the log says why'],
])('everybody may read what failed, and no address: %s', (reason, open) => {
  const dependency = { name: 'redis', status: 'unhealthy', reason, address: '10.0.0.7:6379' } as const;
  expect(openDependency(dependency)).toEqual({ name: 'redis', status: 'unhealthy', reason: open });
});
