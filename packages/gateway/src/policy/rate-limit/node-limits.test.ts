import { describe, expect, test } from 'vitest';
import { createPrng, seedOfRun } from '../../route/testing/prng.ts';
import type { LimitDemand, LimitRule } from './limit-store.ts';
import { demand, limitRule, limitsOfNode } from './testing/limits-of-node.ts';

type Node = ReturnType<typeof limitsOfNode>;

/** Whether a request passes. */
function passes({ store }: Pick<Node, 'store'>, demands: readonly LimitDemand[]): boolean {
  return store.take(demands).every(({ retryAfterMs }) => retryAfterMs === 0);
}

/** How many of `tries` requests pass at once. */
function admitted(node: Pick<Node, 'store'>, rule: LimitRule, tries: number, key = 'a'): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (passes(node, demand(rule, key))) count++;
  return count;
}

describe('FixedWindow', () => {
  const rule = limitRule();

  test('lets its requests through per window of the clock, and says how they stand', () => {
    const node = limitsOfNode();
    node.time.now = 50_000;
    expect(node.store.take(demand(rule))).toEqual([{ remaining: 9, resetMs: 10_000, retryAfterMs: 0 }]);
    expect(admitted(node, rule, 20)).toBe(9);
    expect(node.store.take(demand(rule))).toEqual([{ remaining: 0, resetMs: 10_000, retryAfterMs: 10_000 }]);
    node.time.now = 59_999.9;
    expect(admitted(node, rule, 1)).toBe(0);
    node.time.now = 60_000;
    expect(admitted(node, rule, 20)).toBe(10);
  });

  test('a jump of the system clock neither gives nor takes requests of the window that runs', () => {
    const node = limitsOfNode();
    node.time.now = 30_000;
    expect(admitted(node, rule, 20)).toBe(10);
    for (const jump of [45_000, -3_600_000, 3_600_000]) {
      node.time.wall += jump;
      expect(admitted(node, rule, 1)).toBe(0);
    }
    node.time.now = 60_000;
    expect(admitted(node, rule, 20)).toBe(10);
  });

  test('a system clock that is a moment behind does not make a window of that moment', () => {
    const node = limitsOfNode();
    expect(admitted(node, rule, 20)).toBe(10);
    node.time.now = 60_000;
    node.time.wall -= 0.5;
    expect(admitted(node, rule, 20)).toBe(10);
    node.time.now = 60_001;
    expect(admitted(node, rule, 20)).toBe(0);
  });
});

describe('TokenBucket', () => {
  const rule = limitRule({ type: 'TokenBucket', burst: 3 });

  test('lets its burst through at once, then one request for each token that comes back', () => {
    const node = limitsOfNode();
    expect(admitted(node, rule, 10)).toBe(3);
    expect(node.store.take(demand(rule))).toEqual([
      { remaining: 0, resetMs: 18_000, retryAfterMs: expect.closeTo(6000, 1) as unknown },
    ]);
    node.time.now += 5_999;
    expect(admitted(node, rule, 1)).toBe(0);
    node.time.now += 1;
    expect(admitted(node, rule, 2)).toBe(1);
    node.time.now += 60_000;
    expect(node.store.take(demand(rule))).toEqual([{ remaining: 2, resetMs: 6000, retryAfterMs: 0 }]);
  });

  test('a burst above the requests is a reserve', () => {
    const node = limitsOfNode();
    const generous = limitRule({ type: 'TokenBucket', burst: 25 });
    expect(admitted(node, generous, 40)).toBe(25);
    node.time.now += 60_000;
    expect(admitted(node, generous, 40)).toBe(10);
  });
});

describe('SlidingWindow', () => {
  const rule = limitRule({ type: 'SlidingWindow' });

  test('counts the window that ends now, exactly but for 1/4096 of the window', () => {
    const node = limitsOfNode();
    for (let i = 0; i < 10; i++) {
      expect(admitted(node, rule, 1)).toBe(1);
      node.time.now += 1000;
    }
    const [{ remaining, retryAfterMs }] = node.store.take(demand(rule));
    expect([remaining, Math.floor(retryAfterMs / 100)]).toEqual([0, 500]);
    node.time.now = 61_000;
    expect(admitted(node, rule, 1)).toBe(0);
    node.time.now = 61_000 + 60_000 / 4096;
    expect(admitted(node, rule, 2)).toBe(1);
    node.time.now = 200_000;
    expect(admitted(node, rule, 20)).toBe(10);
  });

  test('what changes between few and many requests keeps its count', () => {
    const node = limitsOfNode();
    const many = { ...rule, requests: 100_000 };
    for (let i = 0; i < 300; i++) {
      node.time.now += 50;
      expect(admitted(node, i % 2 === 0 ? many : { ...rule, requests: 1000 }, 1)).toBe(1);
    }
    expect(node.store.take(demand(many))[0].remaining).toBe(100_000 - 301);
    expect(admitted(node, rule, 1)).toBe(0);
  });

  // The longest that a request can be kept waiting too long is a block of 1/118 of the requests.
  test.each([1, 10, 118, 500, 1500])(
    'of %i requests at least 99 % get through under steady load, and never more',
    (requests) => {
      const node = limitsOfNode();
      const wide = limitRule({ type: 'SlidingWindow', requests, windowMs: 10_000 });
      const times: number[] = [];
      const pauseMs = Math.min(10, 5000 / requests);
      for (let i = 0; i < (10 * 10_000) / pauseMs; i++) {
        node.time.now += pauseMs;
        if (passes(node, demand(wide))) times.push(node.time.now);
      }
      const shortest = Math.min(...times.slice(requests).map((time, i) => time - times[i]));
      expect(shortest).toBeGreaterThan(10_000);
      expect(times.length).toBeGreaterThanOrEqual(Math.floor(0.99 * 10 * requests));
    },
  );
});

/** Exact models: what may pass by the words of the documentation. */
const models: Record<LimitRule['type'], (rule: LimitRule, passed: readonly number[], now: number) => boolean> = {
  FixedWindow: ({ requests, windowMs }, passed, now) =>
    passed.filter((time) => Math.floor(time / windowMs) === Math.floor(now / windowMs)).length < requests,
  SlidingWindow: ({ requests, windowMs }, passed, now) =>
    passed.filter((time) => time > now - windowMs).length < requests,
  TokenBucket: ({ requests, windowMs, burst }, passed, now) => {
    let [tokens, at] = [burst, 0];
    for (const time of [...passed, now]) {
      tokens = Math.min(burst, tokens + ((time - at) * requests) / windowMs) - 1;
      at = time;
    }
    return tokens >= -1e-6;
  },
};

describe('random requests', () => {
  const seed = seedOfRun();

  test.each(['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const)(
    `of a %s pass as by an exact model, and who waits as long as it is told passes (seed ${seed})`,
    (type) => {
      const prng = createPrng(seed);
      for (let round = 0; round < 25; round++) {
        const requests = 1 + prng.below(12);
        const burst = type === 'TokenBucket' ? 1 + prng.below(12) : requests;
        const rule = limitRule({ type, requests, burst, windowMs: 8192 });
        const { wrong, waitedInVain } = compareWithModel(rule, () => 2 * prng.below(1 + prng.below(3000)));
        expect([wrong, waitedInVain], `seed ${seed}, round ${round}, ${JSON.stringify(rule)}`).toEqual([[], []]);
      }
    },
  );
});

/** Sends requests at random times that are whole ticks of a sliding window, which is then exact. */
function compareWithModel(rule: LimitRule, pause: () => number) {
  const node = limitsOfNode();
  node.time.now = 8192;
  node.time.wall = 0;
  const [passed, wrong, waitedInVain]: number[][] = [[], [], []];
  for (let i = 0; i < 120; i++) {
    const now = (node.time.now += pause());
    // A sliding window keeps a request one tick of 2 ms longer.
    const counted = rule.type === 'SlidingWindow' ? passed.map((time) => time + 2) : passed;
    const exact = models[rule.type](rule, counted, now);
    const [{ retryAfterMs }] = node.store.take(demand(rule));
    if ((retryAfterMs === 0) !== exact) wrong.push(now);
    if (exact) {
      passed.push(now);
      continue;
    }
    node.time.now = now + Math.ceil(retryAfterMs / 2) * 2;
    if (!passes(node, demand(rule))) waitedInVain.push(now);
    passed.push(node.time.now);
  }
  return { wrong, waitedInVain };
}

describe('several rules', () => {
  test('all hold, and a request that one refuses does not use up the others', () => {
    const node = limitsOfNode();
    const tight = limitRule({ requests: 2 });
    const others = [
      limitRule({ type: 'SlidingWindow' }),
      limitRule({ type: 'TokenBucket' }),
      limitRule({ id: 'quota', isQuota: true, windowMs: 86_400_000, requests: 10 }),
    ];
    const all = [tight, ...others].map((rule) => ({ rule, key: 'a' }));
    expect([1, 2, 3, 4].map(() => passes(node, all))).toEqual([true, true, false, false]);
    expect(node.store.take(all).map(({ remaining }) => remaining)).toEqual([0, 8, 8, 8]);
    for (const rule of others) expect(node.store.take(demand(rule))[0].remaining).toBe(7);
  });

  test('what is given back can be used again', () => {
    const node = limitsOfNode();
    for (const type of ['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const) {
      const rule = limitRule({ type, requests: 3 });
      expect(admitted(node, rule, 5)).toBe(3);
      node.store.giveBack(demand(rule));
      expect(admitted(node, rule, 5)).toBe(1);
    }
    node.store.giveBack(demand(limitRule(), 'somebody who never came'));
  });

  test('a changed number of requests keeps what was used', () => {
    const node = limitsOfNode();
    for (const type of ['FixedWindow', 'SlidingWindow', 'TokenBucket'] as const) {
      const rule = limitRule({ type });
      expect(admitted(node, rule, 20)).toBe(10);
      expect(admitted(node, limitRule({ type, requests: 5 }), 1)).toBe(0);
    }
    expect(admitted(node, limitRule({ requests: 15 }), 20)).toBe(5);
    expect(admitted(node, limitRule({ type: 'SlidingWindow', requests: 15 }), 20)).toBe(5);
  });
});

describe('a table that is full', () => {
  test.each(['FixedWindow', 'TokenBucket', 'SlidingWindow'] as const)(
    'a key at its limit of a %s stays there while many others come, and nobody is locked out',
    (type) => {
      const others = type === 'FixedWindow' ? 200_000 : 50_000;
      const node = limitsOfNode({ limits: 4096, slidingLimits: 1024 });
      const rule = limitRule({ type, requests: 3 });
      const victim = demand(rule, 'the caller at its limit');
      for (let i = 0; i < 5; i++) passes(node, victim);
      let refused = 0;
      for (let i = 0; i < others; i++) if (!passes(node, demand(rule, `attacker ${i}`))) refused++;
      expect(refused).toBe(0);
      expect(passes(node, victim)).toBe(false);
      // Somebody who came before all this, and somebody who comes now.
      expect([passes(node, demand(rule, 'attacker 0')), passes(node, demand(rule, 'new'))]).toEqual([true, true]);
    },
  );

  test('even callers that are all at a limit of one request do not drive out one that goes on asking', () => {
    const node = limitsOfNode({ limits: 1024 });
    const once = limitRule({ requests: 1 });
    const victim = demand(once, 'the caller at its limit');
    expect([passes(node, victim), passes(node, victim), passes(node, victim)]).toEqual([true, false, false]);
    for (let i = 0; i < 20_000; i++) passes(node, demand(once, `attacker ${i}`));
    expect(passes(node, victim)).toBe(false);
  });

  test('what has expired gives up its place first', () => {
    const node = limitsOfNode({ limits: 16 });
    const rule = limitRule({ requests: 3 });
    for (let i = 0; i < 16; i++) admitted(node, rule, 3, `caller ${i}`);
    node.time.now = 60_000;
    for (let i = 16; i < 31; i++) admitted(node, rule, 2, `caller ${i}`);
    for (let i = 16; i < 31; i++) expect(node.store.take(demand(rule, `caller ${i}`))[0].remaining).toBe(0);
  });
});
