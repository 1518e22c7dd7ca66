import { expect, test } from 'vitest';
import type { EndedDeployment } from './ended-deployment.ts';
import { summarize } from './summarize.ts';

const day = 86_400_000;
const hour = 3_600_000;
const until = Date.parse('2026-03-01T00:00:00Z');
const scope = { from: until - 10 * day, until, reworkWithin: day };

/** A deployment that ended so many hours before the end of the scope, after an hour. */
function ended(hoursAgo: number, more: Partial<EndedDeployment> = {}): EndedDeployment {
  const endedAt = until - hoursAgo * hour;
  return {
    deploymentId: `d${hoursAgo}`,
    routes: [{ routeId: 'orders', name: 'orders' }],
    outcome: 'Completed',
    isPlain: false,
    isEmergency: false,
    createdAt: endedAt - hour,
    startedAt: endedAt - hour,
    endedAt,
    failureSeenAt: undefined,
    workingMs: hour,
    ...more,
  };
}

test('without deployments there is nothing to go by, and no share is made up', () => {
  expect(summarize([], scope)).toEqual({
    completed: 0,
    rolledBack: 0,
    failed: 0,
    cancelled: 0,
    deploymentFrequency: 0,
    leadTime: null,
    changeFailureRate: null,
    timeToRecover: null,
    reworkRate: null,
    rollbackFrequency: 0,
    duration: null,
    working: null,
    waiting: null,
  });
});

test('counts what ended within the days, by how it ended', () => {
  const all = [
    ended(1),
    ended(2),
    ended(3, { outcome: 'RolledBack' }),
    ended(4, { outcome: 'Failed' }),
    ended(5, { outcome: 'Cancelled' }),
    ended(241),
  ];
  expect(summarize(all, scope)).toMatchObject({
    completed: 2,
    rolledBack: 1,
    failed: 1,
    cancelled: 1,
    deploymentFrequency: 0.2,
    rollbackFrequency: 0.1,
  });
});

test('the change failure rate is of those that began', () => {
  const all = [
    ended(1),
    ended(2, { outcome: 'RolledBack' }),
    ended(3, { outcome: 'Failed' }),
    ended(4, { outcome: 'Cancelled' }),
    // Rejected: it never began.
    ended(5, { outcome: 'Cancelled', startedAt: undefined }),
  ];
  expect(summarize(all, scope).changeFailureRate).toBe(0.5);
});

test('the lead time is from being asked for to the end, of those that were completed', () => {
  const tookHours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((hours, index) =>
    ended(index, { createdAt: until - (index + hours) * hour }),
  );
  const all = [...tookHours, ended(20, { outcome: 'RolledBack', createdAt: until - 100 * hour })];
  expect(summarize(all, scope).leadTime).toEqual({ count: 11, median: 6 * 3600, p90: 10 * 3600 });
});

test('a plain change is a deployment, but it is not made quick by a time that nobody measured', () => {
  const plain = ended(1, { isPlain: true, createdAt: until - hour, startedAt: until - hour, workingMs: 0 });
  expect(summarize([plain], scope)).toMatchObject({
    completed: 1,
    changeFailureRate: 0,
    leadTime: null,
    duration: null,
    working: null,
  });
});

test('the time to recover is from the first sign to the rollback, where there was a sign', () => {
  const back = { outcome: 'RolledBack' } as const;
  const all = [
    ended(1, { ...back, failureSeenAt: until - hour - 4000 }),
    ended(2, { ...back, failureSeenAt: until - 2 * hour - 2000 }),
    ended(3, back),
    ended(4, { outcome: 'Completed', failureSeenAt: until - 5 * hour }),
  ];
  expect(summarize(all, scope).timeToRecover).toEqual({ count: 2, median: 3, p90: 3.8 });
});

test('rework is what comes soon after a failure on the same route, also after one before the days looked at', () => {
  const other = { routes: [{ routeId: 'carts', name: 'carts' }] };
  const all = [
    ended(250, { outcome: 'RolledBack' }),
    // Began 241 - 1 - ... hours after it: within a day.
    ended(238),
    // A day and more after it.
    ended(200),
    ended(100, { outcome: 'Failed', ...other }),
    ended(90, { routes: [...other.routes, { routeId: 'orders', name: 'orders' }] }),
    ended(80),
  ];
  // Of those that ended within the days: 238 and 90 of five.
  expect(summarize(all, scope).reworkRate).toBe(2 / 5);
});

test('an emergency is rework', () => {
  expect(summarize([ended(1, { isEmergency: true }), ended(50)], scope).reworkRate).toBe(0.5);
});

test('what is not working is waiting', () => {
  const all = [ended(1, { createdAt: until - 4 * hour, workingMs: hour })];
  expect(summarize(all, scope)).toMatchObject({
    duration: { median: 3600 },
    working: { median: 3600 },
    waiting: { median: 7200 },
  });
});

test('clocks that differ make no negative times', () => {
  const all = [ended(1, { outcome: 'RolledBack', failureSeenAt: until })];
  expect(summarize(all, scope).timeToRecover).toEqual({ count: 1, median: 0, p90: 0 });
});
