import { openRedisClient } from '@sluice/service/redis';
import type { RedisClient } from '@sluice/service/redis';
import { startRedis } from '@sluice/service/testing';
import type { TestRedis } from '@sluice/service/testing';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LimitDemand, LimitRule, LimitStanding } from '../policy/rate-limit/limit-store.ts';
import { limitArguments, limitScript, limitSource, standingsOf } from './limit-script.ts';
import { RedisScript } from './redis-script.ts';

let redis: TestRedis;
let client: RedisClient;

beforeAll(async () => {
  redis = await startRedis();
  client = await openRedisClient('test', { url: redis.url, log: { info: () => undefined, warn: () => undefined } });
  if (!client.isReady) await once(client, 'ready');
});
afterAll(async () => {
  client.destroy();
  await redis.stop();
});
beforeEach(() => client.sendCommand(['FLUSHALL']));

const day = 86_400_000;
const limit = ({ key = 'k', ...changes }: Partial<LimitRule> & { key?: string } = {}): LimitDemand => {
  const { requests = 3 } = changes;
  const rule = {
    id: 'a',
    type: 'FixedWindow',
    windowMs: day,
    burst: requests,
    isQuota: false,
    scope: 'global',
    ...changes,
    requests,
  };
  return { key, rule: rule as LimitRule };
};

/** Sends requests in one call; the standings of each. */
async function count(...requests: (readonly LimitDemand[])[]): Promise<LimitStanding[][]> {
  return standings(
    await limitScript.run(
      client,
      limitArguments(requests, ({ key }) => key),
    ),
    requests,
  );
}

function standings(answer: unknown, requests: readonly (readonly LimitDemand[])[]): LimitStanding[][] {
  let from = 0;
  return requests.map(({ length }) => standingsOf(answer as number[], (from += length) - length, length));
}

const passes = (found: readonly LimitStanding[][]): boolean[] =>
  found.map((all) => all.every(({ retryAfterMs }) => retryAfterMs === 0));

describe.each(['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const)('%s', (type) => {
  test('allows as many as it says, tells what remains, and when to come again', async () => {
    const three = limit({ type });
    const found = (await count([three], [three], [three], [three])).map(([standing]) => standing);
    expect(found.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
    expect(found.map(({ retryAfterMs }) => retryAfterMs > 0)).toEqual([false, false, false, true]);
    for (const { resetMs } of found) expect(resetMs > 0 && resetMs <= 1.02 * day).toBe(true);
    expect(found[3].retryAfterMs).toBeLessThanOrEqual(1.02 * day);
  });

  test('its key expires by itself, when it no longer says anything', async () => {
    const began = performance.now();
    const [[{ resetMs }]] = (await count([limit({ type })])) as [[LimitStanding]];
    const expires = Number(await client.sendCommand(['PTTL', 'k']));
    expect(expires).toBeLessThan(resetMs + 1_000);
    // It has been a while since it was counted.
    expect(expires).toBeGreaterThan(resetMs - 1_000 - (performance.now() - began));
  });

  test('what was counted stays when its requests change: less is refused at once, more is allowed at once', async () => {
    const counted = await count(...Array.from({ length: 4 }, () => [limit({ type, requests: 5 })]));
    expect(passes(counted)).toEqual([true, true, true, true]);
    expect(passes(await count([limit({ type, requests: 4 })]))).toEqual([false]);
    expect(passes(await count([limit({ type, requests: 6 })], [limit({ type, requests: 6 })]))).toEqual([true, true]);
  });

  test('a clock that went back, as at a failover, begins no window anew, and stops nobody for longer than two', async () => {
    const now = Date.now();
    // What a server would have stored whose clock is a window ahead.
    const windowMs = 60_000;
    const ahead = Math.floor(now / windowMs) + 1;
    const sliceAhead = Math.floor((now + 2_000) / (windowMs / 100));
    if (type === 'FixedWindow') await client.sendCommand(['SET', 'k', `${ahead}:3`]);
    if (type === 'TokenBucket') await client.sendCommand(['SET', 'k', `${now + 2_000}.000:3.000000`]);
    if (type === 'SlidingWindow') {
      const fields = [
        'total',
        '3',
        'oldest',
        String(sliceAhead),
        'newest',
        String(sliceAhead),
        String(sliceAhead),
        '3',
      ];
      await client.sendCommand(['HSET', 'k', ...fields]);
    }
    const [[standing]] = (await count([limit({ type, windowMs })])) as [[LimitStanding]];
    expect(standing.retryAfterMs).toBeGreaterThan(0);
    expect(standing.retryAfterMs).toBeLessThanOrEqual(2 * windowMs);
    if (type === 'FixedWindow') await client.sendCommand(['SET', 'k', `${ahead + 1_000}:3`]);
    if (type === 'TokenBucket') await client.sendCommand(['SET', 'k', `${now + 9_999_000}.000:3.000000`]);
    if (type === 'SlidingWindow') await client.sendCommand(['HSET', 'k', 'newest', String(sliceAhead + 9_000)]);
    const [[far]] = (await count([limit({ type, windowMs })])) as [[LimitStanding]];
    expect(far.retryAfterMs).toBeLessThanOrEqual(windowMs);
  });
});

test('a request for which one count has no room is counted nowhere', async () => {
  const [wide, narrow] = [
    limit({ key: 'wide', requests: 5 }),
    limit({ key: 'narrow', type: 'TokenBucket', requests: 1 }),
  ];
  const found = await count([wide, narrow], [wide, narrow], [narrow, wide], [wide]);
  expect(passes(found)).toEqual([true, false, false, true]);
  expect(found[1].map(({ remaining, retryAfterMs }) => [remaining, retryAfterMs > 0])).toEqual([
    [4, false],
    [0, true],
  ]);
  expect(found[3][0].remaining).toBe(3);
});

test('a TokenBucket holds its burst and refills steadily', async () => {
  const bucket = limit({ type: 'TokenBucket', requests: 36_000, windowMs: 3_600_000, burst: 5 });
  const first = await count(...Array.from({ length: 8 }, () => [bucket]));
  expect(passes(first)).toEqual([true, true, true, true, true, false, false, false]);
  // One request per 100 ms.
  expect(first[5][0].retryAfterMs).toBeLessThanOrEqual(100);
  expect(first[5][0].resetMs).toBeLessThanOrEqual(500);
  const half = Number(await client.sendCommand(['TIME']).then((time) => (time as string[])[0])) * 1_000 - 150;
  await client.sendCommand(['SET', 'k', `${half}.000:5.000000`]);
  const [[later]] = (await count([bucket])) as [[LimitStanding]];
  expect(later.retryAfterMs).toBe(0);
});

test('very large and very small limits stay exact', async () => {
  const large = limit({ type: 'TokenBucket', requests: 10_000_000, windowMs: 31 * day, burst: 10_000_000 });
  const found = await count(...Array.from({ length: 50 }, () => [large]));
  expect(found.at(-1)![0].remaining).toBe(9_999_950);
  const small = limit({ key: 'small', type: 'SlidingWindow', requests: 1, windowMs: 31 * day });
  expect(passes(await count([small], [small]))).toEqual([true, false]);
});

test('Redis forgets scripts: the text is sent again', async () => {
  await count([limit()]);
  await client.sendCommand(['SCRIPT', 'FLUSH']);
  const [[standing]] = (await count([limit()])) as [[LimitStanding]];
  expect(standing.remaining).toBe(1);
});

test('a SlidingWindow lets through no more in any window, and refuses only after as many in 1.01 windows', async () => {
  // The same script on a clock of the test. Windows last a day, so that no key expires meanwhile.
  const script = new RedisScript(limitSource.replace("redis.call('TIME')", "redis.call('LRANGE', 'time', 0, 1)"));
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 2 ** 31;
  const demand = [limit({ type: 'SlidingWindow', requests: 40 })];
  const passed: number[] = [];
  const wrong: string[] = [];
  let at = Date.UTC(2026, 0, 1);
  for (let step = 0; step < 3_000; step++) {
    // Bursts at one moment, and pauses of up to two thirds of a window.
    at += random() < 0.8 ? Math.floor(random() * 600_000) : Math.floor(random() ** 4 * 0.66 * day);
    const [, , answer] = await Promise.all([
      client.sendCommand(['DEL', 'time']),
      client.sendCommand(['RPUSH', 'time', String(Math.floor(at / 1_000)), String((at % 1_000) * 1_000)]),
      script.run(
        client,
        limitArguments([demand], ({ key }) => key),
      ),
    ]);
    if (passes(standings(answer, [demand]))[0]) passed.push(at);
    else if (at - passed.at(-40)! > 1.01 * day) wrong.push(`refused at ${at}`);
  }
  for (const [index, time] of passed.entries()) {
    const next = passed[index + 40];
    if (next !== undefined && next - time < day) wrong.push(`41 within ${next - time} ms`);
  }
  expect(wrong, `seed ${seed}`).toEqual([]);
  expect(passed.length).toBeGreaterThan(500);
});
