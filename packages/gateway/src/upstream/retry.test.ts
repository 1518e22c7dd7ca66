import { describe, expect, test } from 'vitest';
import { mayRetry, mayRetryStatus, retryDelay } from './retry.ts';
import type { Failure } from './retry.ts';

const policy = {
  maxAttempts: 3,
  initialDelay: 100,
  maxDelay: 350,
  backoffMultiplier: 2,
  retryableStatusCodes: [502, 503, 504],
};
const once = { ...policy, maxAttempts: 1 };

const failure = (stage: Failure['stage'], code: Failure['code'] = 'BAD_GATEWAY'): Failure => ({
  stage,
  code,
  reason: 'in a test',
});

describe('a failed attempt', () => {
  test.each([
    // Nothing left us: any method, and no budget is needed.
    { stage: 'not-sent', method: 'POST', attempts: 1, policy: undefined, verdict: 'free' },
    { stage: 'not-sent', method: 'POST', attempts: 2, policy: undefined, verdict: 'free' },
    { stage: 'not-sent', method: 'POST', attempts: 3, policy: undefined, verdict: 'no' },
    { stage: 'not-sent', method: 'GET', attempts: 1, policy: once, verdict: 'no' },
    { stage: 'not-sent', method: 'PATCH', attempts: 2, policy, verdict: 'free' },
    { stage: 'not-sent', method: 'PATCH', attempts: 3, policy, verdict: 'no' },
    // An idle connection turned out closed: the backend most likely never saw the request, but that is no proof.
    { stage: 'stale-connection', method: 'GET', attempts: 1, policy: undefined, verdict: 'free' },
    { stage: 'stale-connection', method: 'GET', attempts: 1, policy: once, verdict: 'free' },
    { stage: 'stale-connection', method: 'DELETE', attempts: 2, policy: undefined, verdict: 'free' },
    { stage: 'stale-connection', method: 'GET', attempts: 3, policy: undefined, verdict: 'no' },
    { stage: 'stale-connection', method: 'POST', attempts: 1, policy, verdict: 'no' },
    { stage: 'stale-connection', method: 'PATCH', attempts: 1, policy, verdict: 'no' },
    // The backend may have acted on it.
    { stage: 'sent', method: 'GET', attempts: 1, policy: undefined, verdict: 'no' },
    { stage: 'sent', method: 'GET', attempts: 1, policy, verdict: 'budget' },
    { stage: 'sent', method: 'PUT', attempts: 2, policy, verdict: 'budget' },
    { stage: 'sent', method: 'GET', attempts: 3, policy, verdict: 'no' },
    { stage: 'sent', method: 'POST', attempts: 1, policy, verdict: 'no' },
    { stage: 'sent', method: 'get', attempts: 1, policy, verdict: 'no' },
    { stage: 'sent', method: 'PROPFIND', attempts: 1, policy, verdict: 'no' },
  ] as const)(
    '$stage, $method, after attempt $attempts: $verdict',
    ({ stage, method, attempts, policy: own, verdict }) => {
      expect(mayRetry(failure(stage), { method, replayable: true, attempts, policy: own })).toBe(verdict);
    },
  );

  test.each(['not-sent', 'stale-connection', 'sent'] as const)(
    'is not repeated when the body has passed (%s)',
    (stage) => {
      expect(mayRetry(failure(stage), { method: 'GET', replayable: false, attempts: 1, policy })).toBe('no');
    },
  );

  test('is not repeated when all connections were busy: that would be more load', () => {
    const facts = { method: 'GET', replayable: true, attempts: 1, policy };
    expect(mayRetry(failure('not-sent', 'POOL_EXHAUSTED'), facts)).toBe('no');
  });
});

test.each([
  { what: 'a listed status', status: 503, facts: {}, again: true },
  { what: 'a status that is not listed', status: 500, facts: {}, again: false },
  { what: 'no policy', status: 503, facts: { policy: undefined }, again: false },
  { what: 'a method that is not idempotent', status: 503, facts: { method: 'POST' }, again: false },
  { what: 'a body that has passed', status: 503, facts: { replayable: false }, again: false },
  { what: 'the last attempt but one', status: 503, facts: { attempts: 2 }, again: true },
  { what: 'the last attempt', status: 503, facts: { attempts: 3 }, again: false },
])('a response is asked for again: $what: $again', ({ status, facts, again }) => {
  expect(mayRetryStatus(status, { method: 'GET', replayable: true, attempts: 1, policy, ...facts })).toBe(again);
});

describe('the delay before the next attempt', () => {
  const longest = (attempts: number) => retryDelay(policy, attempts, () => 1);

  test('grows by the multiplier up to its maximum', () => {
    expect([1, 2, 3, 10].map(longest)).toEqual([100, 200, 350, 350]);
  });

  test('is anything between nothing and that, so that retries do not march in step', () => {
    expect(retryDelay(policy, 2, () => 0)).toBe(0);
    expect(retryDelay(policy, 2, () => 0.25)).toBe(50);
  });

  test('is nothing without a policy', () => {
    expect(retryDelay(undefined, 2, () => 1)).toBe(0);
  });
});
