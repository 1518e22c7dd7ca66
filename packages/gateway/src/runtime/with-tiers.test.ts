import { parseConfig } from '@sluice/model';
import type { RouteConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { withTiers } from './with-tiers.ts';

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];
const rule = { type: 'FixedWindow', requests: 5 };
const tiers = { free: { requests: 1 }, gold: { requests: 9 } };

function routeOf(rateLimit?: unknown): RouteConfig {
  const result = parseConfig({ routes: [{ name: 'r', backends, rateLimit }] });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.routes[0];
}

test('a rule takes the tiers that it does not have itself, in both versions of a route', () => {
  const own = { ...rule, perTier: { gold: { requests: 7 } } };
  const route = { ...routeOf(own), split: { candidate: routeOf([rule]) } } as RouteConfig;
  expect(withTiers(route, { tiers })).toMatchObject({
    rateLimit: { perTier: { free: { requests: 1 }, gold: { requests: 7 } } },
    split: { candidate: { rateLimit: [{ perTier: tiers }] } },
  });
});

test('a rule by route keeps its own numbers, and what takes nothing stays the same object', () => {
  expect(withTiers(routeOf({ ...rule, keyBy: 'Route' }), { tiers }).rateLimit).not.toHaveProperty('perTier');
  const [plain, limited] = [routeOf(), routeOf(rule)];
  expect(withTiers(plain, { tiers })).toBe(plain);
  expect(withTiers(limited, { tiers: {} })).toBe(limited);
});
