import { expect, test } from 'vitest';
import { formatPath } from '../values/problem.ts';
import { parseConfig } from './parse-config.ts';
import { parseRoute } from './parse-route.ts';

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];
const rule = { type: 'FixedWindow', requests: 5 };
const bucket = { type: 'TokenBucket', requests: 5 };

function problems(fields: object, top: object = {}): Record<string, string> {
  const result = parseConfig({ ...top, routes: [{ name: 'r', backends, ...fields }] });
  if (result.ok) return {};
  return Object.fromEntries(
    result.problems.map(({ path, message }) => [formatPath(path).replace('routes[0].', ''), message]),
  );
}

test('a rule counts by client address, on the node, per minute unless it says otherwise', () => {
  const result = parseConfig({ routes: [{ name: 'r', backends, rateLimit: rule, adaptiveConcurrency: {} }] });
  expect(result.ok && result.config.routes[0]).toMatchObject({
    rateLimit: { ...rule, window: 60_000, keyBy: 'ClientIP', scope: 'node' },
    adaptiveConcurrency: { minLimit: 10, maxLimit: 1000 },
  });
  expect(result.ok && result.config.limits).toEqual({ whenRedisIsAway: 'localShare', tiers: {} });
});

test.each([
  ['one rule', rule],
  ['a list', [rule, { ...rule, window: '1h' }, { ...rule, keyBy: 'Route' }]],
  ['a bucket with a burst', { ...bucket, burst: 20, perTier: { gold: { requests: 9, window: '1s', burst: 5 } } }],
  [
    'keys by name',
    [
      { ...rule, keyBy: 'Header:X-Tenant' },
      { ...rule, keyBy: 'Claim:azp' },
    ],
  ],
])('%s is read', (_, rateLimit) => {
  expect(problems({ rateLimit })).toEqual({});
});

test.each([
  ['a field that is missing', { type: 'FixedWindow' }, 'rateLimit.requests', 'is required'],
  ['a mistyped field', { ...rule, windov: '1m' }, 'rateLimit.windov', /did you mean "window"/],
  ['a mistyped field in a list', [{ ...rule, windov: '1m' }], 'rateLimit[0].windov', /did you mean "window"/],
  ['another type', { ...rule, type: 'fixedwindow' }, 'rateLimit.type', /did you mean "FixedWindow"/],
  ['no number', { ...rule, requests: '5' }, 'rateLimit.requests', /leave out the quotes/],
  ['nothing to let through', { ...rule, requests: 0 }, 'rateLimit.requests', 'expected at least 1'],
  ['a window without unit', { ...rule, window: 60 }, 'rateLimit.window', /60s/],
  ['a window that is too short', { ...rule, window: '1ms' }, 'rateLimit.window', 'too short: at least 100ms'],
  ['an unknown key', { ...rule, keyBy: 'IP' }, 'rateLimit.keyBy', /^expected one of ClientIP/],
  [
    'no header name',
    { ...rule, keyBy: 'Header:a b' },
    'rateLimit.keyBy',
    'expected the name of a header after Header:',
  ],
  ['no claim name', { ...rule, keyBy: 'Claim:' }, 'rateLimit.keyBy', 'expected the name of a claim after Claim:'],
  ['a burst of a window', { ...rule, burst: 9 }, 'rateLimit.burst', /has no burst/],
  [
    'a burst of a window in a tier',
    [{ ...rule, perTier: { gold: { requests: 9, burst: 9 } } }],
    'rateLimit[0].perTier.gold.burst',
    /has no burst/,
  ],
  ['a wrong tier', { ...rule, perTier: { gold: { request: 9 } } }, 'rateLimit.perTier.gold.requests', 'is required'],
  ['two rules that count the same', [rule, { ...rule, requests: 9 }], 'rateLimit[1]', /keep the tighter one/],
  [
    'the same header twice',
    [
      { ...rule, keyBy: 'Header:X-A' },
      { ...rule, keyBy: 'Header:x-a' },
    ],
    'rateLimit[1]',
    /keep the tighter one/,
  ],
  [
    'two daily quotas of one key',
    [
      { ...rule, dailyQuota: 9 },
      { ...bucket, dailyQuota: 9 },
    ],
    'rateLimit[1].dailyQuota',
    /keep the smaller one/,
  ],
  ['a list of none', [], 'rateLimit', /at least 1/],
  [
    'too many rules',
    Array.from({ length: 17 }, (_, i) => ({ ...rule, window: `${i + 1}m` })),
    'rateLimit',
    /at most 16/,
  ],
])('%s is refused', (_, rateLimit, path, message) => {
  expect(problems({ rateLimit })[path]).toMatch(message);
});

test('limits over all nodes need Redis, in a file and over the API', () => {
  const rateLimit = [rule, { ...rule, scope: 'global' }];
  const message = 'requests of all nodes are counted in Redis: set redis.url, or use scope node';
  expect(problems({ rateLimit })).toEqual({ 'rateLimit[1].scope': message });
  expect(problems({ rateLimit }, { redis: { url: 'redis://r' } })).toEqual({});
  const document = { name: 'r', backends, rateLimit };
  const context = { backends: () => undefined };
  expect(parseRoute(document, { ...context, hasRedis: false })).toEqual({
    ok: false,
    problems: [{ path: ['rateLimit', 1, 'scope'], message }],
  });
  // A node takes what it gets: without Redis it does what limits.whenRedisIsAway says.
  expect(parseRoute(document, context).ok).toBe(true);
});

test('the adaptive limit has its bounds in order', () => {
  expect(problems({ adaptiveConcurrency: { minLimit: 20, maxLimit: 10 } })).toEqual({
    'adaptiveConcurrency.minLimit': 'minLimit is above maxLimit',
  });
});

test('tiers of all rules are read like those of one', () => {
  expect(problems({}, { limits: { tiers: { free: { requests: 1, window: '1h' } } } })).toEqual({});
  expect(problems({}, { limits: { tiers: { free: { requests: 1, per: '1h' } } } })['limits.tiers.free.per']).toMatch(
    /^unknown field/,
  );
});
