import { rateLimitRules, routeConfig } from '@sluice/model';
import type { RateLimitRule } from '@sluice/model';
import { expect, test } from 'vitest';
import type { Identity, LimitedRequest } from '../policy.ts';
import { recordedRequest } from '../testing/recorded-request.ts';
import type { GlobalLimitStore, LimitsTaken } from './limit-store.ts';
import { createPrng, seedOfRun } from '../../route/testing/prng.ts';
import { addressGuard } from './address-guard.ts';
import { rateLimit } from './rate-limit.ts';
import { limitsOfNode } from './testing/limits-of-node.ts';

type Facts = Parameters<typeof recordedRequest>[0];

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];
const caller = { method: 'jwt', subject: 'ann', scopes: [], roles: [], permissions: [], claims: {} };

function rulesOf(written: unknown): RateLimitRule[] {
  return [...rateLimitRules(routeConfig.parse({ name: 'orders', backends, rateLimit: written }).rateLimit)];
}

/** Sends requests through the policies of a route with authentication, and says what each is told. */
function setUp(written: unknown, node = limitsOfNode(), global?: GlobalLimitStore) {
  const [state] = node.states;
  const parts = { stores: { node: node.store, global }, state, slot: 1 };
  const [rules, routeId] = [rulesOf(written), 'orders'];
  const policy = rateLimit(routeId, rules, parts);
  const guard = addressGuard(routeId, rules, parts);
  const send = (facts: Facts = {}) => {
    const request = recordedRequest(facts);
    const answered = policy.onRequest?.(request);
    const end = <T>(answer: T): T => {
      if (answer !== undefined) policy.onOwnAnswer?.(request);
      return answer;
    };
    const answer = answered instanceof Promise ? answered.then(end) : end(answered);
    return { answer, fields: linesOf(request) };
  };
  /** Sends a request that is refused before the limits, such as one with a wrong password. */
  const refused = (facts: Facts = {}) => {
    const request = recordedRequest(facts);
    const answer = guard?.onRequest(request);
    policy.onOwnAnswer?.(request);
    return { answer, fields: linesOf(request) };
  };
  /** How many of five requests pass. */
  const passing = (facts?: Facts) =>
    Array.from({ length: 5 }, () => send(facts).answer).filter((answer) => !answer).length;
  return { node, state, send, refused, passing };
}

/** The response fields that say how the limits stand. */
function linesOf({ limitFields }: LimitedRequest): string[] {
  return limitFields?.split('\r\n').slice(0, -1) ?? [];
}

function identity(facts: Partial<Identity> = {}): Facts {
  return { identity: { ...caller, ...facts } };
}

test('every answer says how the limit stands, and a refusal when to come back', () => {
  const { node, send } = setUp({ type: 'FixedWindow', requests: 2 });
  node.time.now = 20_500;
  expect(send()).toEqual({
    answer: undefined,
    fields: [
      'X-RateLimit-Limit: 2',
      'RateLimit-Policy: "requests";q=2;w=60',
      'X-RateLimit-Remaining: 1',
      'X-RateLimit-Reset: 40',
      'RateLimit: "requests";r=1;t=40',
    ],
  });
  send();
  const refused = send();
  expect(refused.answer).toEqual({ error: 'RATE_LIMIT_EXCEEDED', headers: [['Retry-After', '40']] });
  expect(refused.fields).toContain('RateLimit: "requests";r=0;t=40');
  node.time.now += 40_000;
  expect(send().answer).toBeUndefined();
});

test('of several limits the tightest is shown', () => {
  const { node, send } = setUp([
    { type: 'TokenBucket', requests: 10, window: '1s', burst: 3, dailyQuota: 2 },
    { type: 'SlidingWindow', requests: 4, window: '500ms' },
  ]);
  expect(send().fields.slice(1)).toEqual([
    'RateLimit-Policy: "requests-1";q=10;w=1, "day-1";q=2;w=86400, "requests-2";q=4',
    'X-RateLimit-Remaining: 1',
    'X-RateLimit-Reset: 86399',
    'RateLimit: "day-1";r=1;t=86399',
  ]);
  node.time.now += 1000;
  send();
  expect(send().answer).toEqual({ error: 'RATE_LIMIT_EXCEEDED', headers: [['Retry-After', '86398']] });
});

const other = { clientAddress: '192.0.2.2' };

test.each<[string, Facts, Facts]>([
  ['ClientIP', {}, other],
  ['ClientIP', { clientAddress: '2001:db8:0:1::1' }, { clientAddress: '2001:db8:0:2::1' }],
  ['Consumer', identity({ consumerId: 'shop' }), identity({ consumerId: 'till' })],
  ['Consumer', identity({ authority: 'one' }), identity({ authority: 'other' })],
  ['Consumer', identity({ subject: 'bob' }), identity({ subject: '', consumerId: 'bob' })],
  ['Consumer', identity({ subject: '' }), { ...identity({ subject: '' }), ...other }],
  ['ApiKey', identity({ consumerId: 'shop', keyId: '1' }), identity({ consumerId: 'shop', keyId: '2' })],
  ['Organization', identity({ organization: 'acme' }), identity({ organization: 'ajax' })],
  ['Claim:azp', identity({ claims: { azp: 'web' } }), identity({ claims: { azp: ['web'] } })],
  ['Header:X-Tenant', { header: () => 'a' }, { header: () => 'b' }],
])('%s: two callers have a count each', (keyBy, one, another) => {
  const { passing } = setUp({ type: 'FixedWindow', requests: 2, keyBy });
  expect([passing(one), passing(another), passing(one)]).toEqual([2, 2, 0]);
});

test.each<[string, Facts, Facts]>([
  ['ClientIP', { clientAddress: '2001:db8:0:1::1' }, { clientAddress: '2001:db8:0:1:ffff::2' }],
  [
    'Consumer',
    identity({ consumerId: 'shop', keyId: '1' }),
    { ...identity({ consumerId: 'shop', keyId: '2' }), ...other },
  ],
  ['Organization', identity({ organization: 'acme', subject: 'bob' }), identity({ organization: 'acme' })],
  ['Route', {}, other],
])('%s: what belongs together has one count', (keyBy, one, another) => {
  const { passing } = setUp({ type: 'FixedWindow', requests: 2, keyBy });
  expect([passing(one), passing(another)]).toEqual([2, 0]);
});

test.each(['Consumer', 'ApiKey', 'Organization', 'Header:X-Tenant', 'Claim:azp'])(
  '%s: a request without the key counts by its caller, and without identity by its address',
  (keyBy) => {
    const { passing } = setUp({ type: 'FixedWindow', requests: 2, keyBy });
    expect([passing(), passing(), passing(other), passing(other)]).toEqual([2, 0, 2, 0]);
    expect([passing(identity()), passing(identity()), passing(identity({ subject: 'bob' }))]).toEqual([2, 0, 2]);
    // A value that looks like an address is not one.
    expect(
      passing(keyBy.startsWith('Header') ? { header: () => '192.0.2.1' } : identity({ subject: '192.0.2.1' })),
    ).toBe(2);
  },
);

test('callers of a tier have its numbers, and the count of a caller stays when the tier changes', () => {
  const perTier = { anonymous: { requests: 1 }, gold: { requests: 4 }, fast: { requests: 3, window: '1s' } };
  const { passing, state } = setUp({ type: 'FixedWindow', requests: 2, keyBy: 'Consumer', perTier });
  expect([passing(), passing(identity()), passing(identity({ tier: 'gold' }))]).toEqual([1, 2, 2]);
  expect(passing(identity({ tier: 'fast' }))).toBe(3);
  expect([passing(identity({ subject: 'b', tier: 'gold' })), passing(identity({ subject: 'c', tier: 'tin' }))]).toEqual(
    [4, 2],
  );
  expect(state.limited.of(1)).toEqual([
    { kind: 'FixedWindow', tier: 'anonymous', count: 4 },
    { kind: 'FixedWindow', tier: 'other', count: 12 },
  ]);
});

test.each(['constructor', '__proto__', 'toString'])('the tier %s is a name like any other', (tier) => {
  const { passing } = setUp({ type: 'FixedWindow', requests: 2, perTier: { gold: { requests: 4 } } });
  expect(passing(identity({ tier }))).toBe(2);
});

test.each([{ type: 'SlidingWindow' }, { window: '2m' }, { keyBy: 'Consumer' }])(
  'a rule with another type, window or key begins anew: %j',
  (change) => {
    const node = limitsOfNode();
    const rule = { type: 'FixedWindow', requests: 2 };
    expect([setUp(rule, node).passing(), setUp({ ...rule, ...change }, node).passing()]).toEqual([2, 2]);
  },
);

test('both versions of a route share the counts, and each compares with its own limit', () => {
  const node = limitsOfNode();
  const stable = setUp({ type: 'SlidingWindow', requests: 4 }, node);
  const candidate = setUp({ type: 'SlidingWindow', requests: 2 }, node);
  expect([stable.send().answer, candidate.send().answer]).toEqual([undefined, undefined]);
  expect([candidate.send().answer === undefined, stable.send().answer === undefined]).toEqual([false, true]);
});

test('a store may wait, and says what happens while its counts are away', async () => {
  const taken: LimitsTaken[] = [
    [{ remaining: 1, resetMs: 1, retryAfterMs: 0 }],
    { passes: true, retryAfterMs: 1 },
    { passes: false, retryAfterMs: 1500 },
  ];
  const global = { begin: () => undefined, take: () => Promise.resolve(taken.shift() ?? []) };
  const { send } = setUp({ type: 'FixedWindow', requests: 2, scope: 'global' }, undefined, global);
  expect([await send().answer, await send().answer]).toEqual([undefined, undefined]);
  expect(await send().answer).toEqual({ error: 'RATE_LIMIT_UNAVAILABLE', headers: [['Retry-After', '2']] });
});

const exceeded = (seconds: string) => ({ error: 'RATE_LIMIT_EXCEEDED', headers: [['Retry-After', seconds]] });

test('what is refused before the limits counts by its address, and who has used that up is stopped at once', () => {
  const { send, refused, state, node } = setUp({ type: 'FixedWindow', requests: 3 });
  expect(refused()).toEqual({
    answer: undefined,
    fields: expect.arrayContaining(['X-RateLimit-Remaining: 2']) as unknown,
  });
  expect(send(identity()).fields).toContain('X-RateLimit-Remaining: 1');
  expect(refused().answer).toBeUndefined();
  expect(refused()).toEqual({
    answer: exceeded('59'),
    fields: expect.arrayContaining(['X-RateLimit-Remaining: 0']) as unknown,
  });
  // Good credentials make no difference: otherwise they would be told from bad ones.
  expect(send(identity()).answer).toEqual(exceeded('59'));
  expect(refused(other).answer).toBeUndefined();
  expect(state.limited.of(1)).toMatchObject([
    { tier: 'anonymous', count: 1 },
    { tier: 'other', count: 1 },
  ]);
  node.time.now += 60_000;
  expect(refused().answer).toBeUndefined();
});

test.each(['Consumer', 'Route', 'Header:X-Tenant', 'Organization'])(
  '%s: what is refused before the limits is told how they stand, and uses up nothing that others share',
  (keyBy) => {
    const { send, refused } = setUp({ type: 'FixedWindow', requests: 3, keyBy });
    const facts = { header: () => 'a', ...identity({ organization: 'acme' }) };
    send(facts);
    for (let i = 0; i < 5; i++) {
      expect(refused(facts)).toEqual({
        answer: undefined,
        fields: expect.arrayContaining([
          'X-RateLimit-Limit: 3',
          'X-RateLimit-Remaining: 2',
          'RateLimit: "requests";r=2;t=59',
        ]) as unknown,
      });
    }
    expect(send(facts).fields).toContain('X-RateLimit-Remaining: 1');
  },
);

test('of tiers, the one that may do the most decides whose guesses are stopped', () => {
  const perTier = { anonymous: { requests: 1 }, gold: { requests: 4 } };
  const { send, refused } = setUp({ type: 'FixedWindow', requests: 2, perTier });
  for (let i = 0; i < 3; i++) expect(refused().answer).toBeUndefined();
  expect(send(identity({ tier: 'gold' })).answer).toBeUndefined();
  expect([refused().answer, send(identity({ tier: 'gold' })).answer]).toEqual([exceeded('59'), exceeded('59')]);
});

test('who is stopped before its credentials are looked at would get through with none, whatever the tiers of a bucket are', () => {
  const perTier = { deep: { requests: 1, burst: 6 }, fast: { requests: 60, burst: 2 } };
  const { node, send, refused } = setUp({ type: 'TokenBucket', requests: 2, burst: 2, perTier });
  const [seed, tiers] = [seedOfRun(), ['deep', 'fast', undefined]];
  const prng = createPrng(seed);
  let stopped = 0;
  // How often somebody is stopped differs from seed to seed.
  for (let i = 0; i < 300 || (stopped <= 10 && i < 3000); i++) {
    node.time.now += prng.below(1500);
    send(identity({ tier: tiers[prng.below(3)] }));
    if (refused().answer === undefined) continue;
    stopped++;
    const passed = tiers.filter((tier) => send(identity({ tier })).answer === undefined);
    expect(passed, `seed ${seed}, request ${i}`).toEqual([]);
  }
  expect(stopped).toBeGreaterThan(10);
});

test('a limit that is another count for some tier stops no guesses', () => {
  const perTier = { gold: { requests: 4, window: '1h' } };
  const { refused } = setUp({ type: 'FixedWindow', requests: 1, perTier, dailyQuota: 3 });
  for (let i = 0; i < 3; i++) expect(refused().answer).toBeUndefined();
  expect(refused().answer).toEqual(exceeded('86399'));
});

test('limits over all nodes are named to whom they have not counted, and each node stops guesses by itself', async () => {
  const global = { begin: () => undefined, take: () => Promise.resolve({ passes: false, retryAfterMs: 1500 }) };
  const rule = { type: 'FixedWindow', requests: 2, scope: 'global' };
  const { refused } = setUp(rule, undefined, global);
  const fields = ['X-RateLimit-Limit: 2', 'RateLimit-Policy: "requests";q=2;w=60'];
  expect([refused(), refused()]).toEqual([
    { answer: undefined, fields },
    { answer: undefined, fields },
  ]);
  expect(refused().answer).toEqual(exceeded('59'));
});

test('what is refused only because Redis is away counts nowhere', async () => {
  const global = { begin: () => undefined, take: () => Promise.resolve({ passes: false, retryAfterMs: 1500 }) };
  const { send, refused } = setUp({ type: 'FixedWindow', requests: 2, scope: 'global' }, undefined, global);
  for (let i = 0; i < 5; i++) expect(await send().answer).toMatchObject({ error: 'RATE_LIMIT_UNAVAILABLE' });
  expect(refused().answer).toBeUndefined();
});
