import { expect, test } from 'vitest';
import type { LimitRule } from '../policy/rate-limit/limit-store.ts';
import { shareOf } from './share-of.ts';

const rule = (requests: number, burst = requests): LimitRule => ({
  id: 'a',
  type: 'TokenBucket',
  requests,
  windowMs: 1_000,
  burst,
  isQuota: false,
  scope: 'global',
});

test.each([
  [100, 40, 1, 100, 40],
  [100, 40, 3, 33, 13],
  [2, 2, 3, 1, 1],
])('of %d requests and a burst of %d, one of %d nodes has %d and %d', (requests, burst, nodes, ...share) => {
  const { requests: own, burst: ownBurst, ...rest } = shareOf(rule(requests, burst), nodes);
  expect([own, ownBurst]).toEqual(share);
  expect(rest).toEqual({ id: 'a', type: 'TokenBucket', windowMs: 1_000, isQuota: false, scope: 'global' });
});

test('the share follows the number of nodes', () => {
  const whole = rule(60);
  expect([shareOf(whole, 2), shareOf(whole, 3), shareOf(whole, 2)].map(({ requests }) => requests)).toEqual([
    30, 20, 30,
  ]);
  expect(shareOf(whole, 2)).toBe(shareOf(whole, 2));
});
