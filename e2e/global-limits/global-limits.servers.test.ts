import { Agent } from 'node:http';
import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, longWindow, quantile, startLoad, until } from '../kit/index.ts';
import type { Answer, Sluice } from '../kit/index.ts';
import { monitorRedis } from './redis-monitor.ts';
import type { Carried } from './redis-monitor.ts';
import { clockOffsets, startThreeNodes } from './three-nodes.ts';
import type { ThreeNodes } from './three-nodes.ts';

type Rule = Extract<NonNullable<NonNullable<GatewayConfigInput['routes']>[number]['rateLimit']>, { type: unknown }>;

const requests = 100;
const windowMs = 2_000;
const burst = 25;
const global = { requests, window: '2s', keyBy: 'Route', scope: 'global' } as const;
const monthly: Rule = { type: 'FixedWindow', requests: 30, window: longWindow(), keyBy: 'Route', scope: 'global' };
const ample: Rule = { type: 'TokenBucket', requests: 10_000_000, window: '1h', keyBy: 'Route', scope: 'global' };

const route = (name: string, rateLimit?: Rule | Rule[]) => ({
  name,
  pathPattern: `/${name}`,
  ...(rateLimit !== undefined && { rateLimit }),
});
const routes = [
  route('fixed', { ...global, type: 'FixedWindow' }),
  route('sliding', { ...global, type: 'SlidingWindow' }),
  route('bucket', { ...global, type: 'TokenBucket', burst }),
  route('quota', { ...ample, dailyQuota: 200 }),
  route('monthly', monthly),
  route('ample', ample),
  route('both', [monthly, { ...monthly, requests: 12, scope: 'node' }]),
  route('free'),
] as unknown as NonNullable<GatewayConfigInput['routes']>;

let three: ThreeNodes;

beforeAll(async () => {
  three = await startThreeNodes(routes);
  await counting();
});
afterAll(() => three.close());

interface HealthWithRedis {
  readonly status: string;
  readonly redis?: { readonly reason: string; readonly whenRedisIsAway: string; readonly liveNodes: number };
  readonly restartNeeded?: readonly string[];
}

async function healths(): Promise<HealthWithRedis[]> {
  return Promise.all(three.nodes.map(async (node) => (await node.health()) as HealthWithRedis));
}

const logs = (): string => three.nodes.map(({ output }) => output.slice(-2_000)).join('\n---\n');

/** Waits until all nodes count in Redis and know of each other. */
async function counting(): Promise<void> {
  await until(
    'all nodes to count in Redis',
    async () => {
      const live = await Promise.all(three.nodes.map((node) => node.metric('api_gateway_redis_live_nodes')));
      return live.every((count) => count === 3) && (await healths()).every(({ status }) => status === 'healthy');
    },
    { detail: logs },
  );
}

async function away(): Promise<void> {
  await until('all nodes to miss Redis', async () => (await healths()).every(({ redis }) => redis !== undefined), {
    detail: logs,
  });
}

/** What became of `count` requests to each node, by status. */
async function statuses(path: string, count: number): Promise<Record<string, number>[]> {
  return Promise.all(
    three.nodes.map(async ({ proxyPort }) => {
      const counts: Record<string, number> = {};
      const answers = await Promise.all(Array.from({ length: count }, () => ask(proxyPort, path)));
      for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    }),
  );
}

const passedIn = (all: readonly Record<string, number>[]): number => all.reduce((sum, { 200: ok = 0 }) => sum + ok, 0);

/** A request as Redis saw it. */
interface Look {
  readonly at: number;
  readonly passes: boolean;
}

/** Sends as many requests as are answered, to all nodes, for so many windows; each as Redis saw it, in order. */
async function underLoad(path: string, windows: number): Promise<Look[]> {
  const monitor = await monitorRedis(three.redis.port);
  let passed = 0;
  const judge = ({ status, headers }: Answer): string | undefined => {
    if (status === 200) passed++;
    else if (status !== 429 || !(Number(headers['retry-after']) >= 1)) return `${status} ${JSON.stringify(headers)}`;
    return undefined;
  };
  const loads = three.nodes.map(({ proxyPort }) =>
    startLoad({ port: proxyPort, connections: 4, request: () => ({ path }), judge }),
  );
  const first = await until('the first request', () => monitor.carried.find(isCount));
  await until('the windows to pass', () => (monitor.carried.at(-1)?.at ?? 0) - first.at > windows * windowMs);
  await Promise.all(loads.map((load) => load.stop()));
  monitor.stop();
  expect(loads.flatMap(({ wrong }) => wrong)).toEqual([]);
  const looks = looksOf(monitor.carried);
  // Clients were told what Redis said; and there is nothing to see unless more came than could pass.
  expect(looks.filter(({ passes }) => passes)).toHaveLength(passed);
  expect(looks.length).toBeGreaterThan(passed);
  return looks;
}

/** A limit reads once for each request, and writes if it passes. */
function looksOf(carried: readonly Carried[]): Look[] {
  const looks: { at: number; passes: boolean }[] = [];
  for (const one of carried) {
    const [name, key = '', field] = one.command;
    if (!key.startsWith('e2e:{limits}:')) continue;
    if (name === 'GET' || (name === 'HMGET' && field === 'total')) looks.push({ at: one.at, passes: false });
    const last = looks.at(-1);
    if (isCount(one) && last !== undefined) last.passes = true;
  }
  return looks;
}

/** Each request that a limit counts writes once. */
function isCount({ command: [name, key] }: Carried): boolean {
  return (name === 'SET' || name === 'HINCRBY') && key?.startsWith('e2e:{limits}:');
}

describe('three nodes, whose clocks are 2 s apart, under load', () => {
  test('the clocks are apart', async () => {
    const dateOf = async ({ proxyPort }: Sluice) => Date.parse((await ask(proxyPort, '/none')).headers.date ?? '');
    // On a busy machine the answers to one look may come a second after each other.
    const areApart = async (): Promise<boolean> => {
      const dates = await Promise.all(three.nodes.map(dateOf));
      return clockOffsets.every((offset, index) => Math.abs(dates[index] - dates[0] - offset) <= 1_000);
    };
    await expect.poll(areApart).toBe(true);
  });

  test('FixedWindow: a window of the clock of Redis has as many as it may, and refuses no earlier', async () => {
    const looks = await underLoad('/fixed', 4);
    const counts = new Map<number, number>();
    const wrong = looks.filter(({ at, passes }) => {
      const window = Math.floor(at / windowMs);
      const count = counts.get(window) ?? 0;
      if (passes) counts.set(window, count + 1);
      // A request that was held up between two windows is of either.
      return passes !== count < requests && at % windowMs > 1;
    });
    console.log(`FixedWindow of ${requests}: ${[...counts.values()].join(', ')} by window`);
    expect(wrong).toEqual([]);
    expect(Math.max(...counts.values())).toBe(requests);
  });

  test('SlidingWindow: no window, wherever it begins, has more than it may; only what follows a full one is refused', async () => {
    const passed: number[] = [];
    const wrong = (await underLoad('/sliding', 4)).filter(({ at, passes }) => {
      const span = at - (passed.at(-requests) ?? -Infinity);
      if (passes) passed.push(at);
      // Within 1 %.
      return passes ? span < 0.999 * windowMs : span > 1.01 * windowMs;
    });
    console.log(
      `SlidingWindow of ${requests}: ${passed.length} in ${((passed.at(-1)! - passed[0]) / windowMs).toFixed(2)} windows`,
    );
    expect(wrong).toEqual([]);
    expect(passed.length).toBeGreaterThan(requests);
  });

  test('TokenBucket: the burst, and then as many as are refilled, to the request', async () => {
    let [tokens, last, passed] = [burst, 0, 0];
    const looks = await underLoad('/bucket', 4);
    const wrong = looks.filter(({ at, passes }) => {
      tokens = Math.min(burst, tokens + ((at - last) * requests) / windowMs);
      last = at;
      const isRight = passes ? tokens > 0.5 : tokens < 1.5;
      if (passes) [tokens, passed] = [tokens - 1, passed + 1];
      return !isRight;
    });
    const lasted = looks.at(-1)!.at - looks[0].at;
    console.log(`TokenBucket: ${passed}, of at most ${(burst + (lasted * requests) / windowMs).toFixed(0)}`);
    expect(wrong).toEqual([]);
    expect(passed).toBeGreaterThan(burst);
  });

  test('dailyQuota: exactly as many, over all nodes', async () => {
    expect(passedIn(await statuses('/quota', 100))).toBe(200);
  });
});

test('a limit of the node and one over all nodes hold together, and a refusal takes from neither', async () => {
  const [first] = three.nodes as [Sluice];
  const each = await statuses('/both', 20);
  expect(passedIn(each)).toBe(30);
  expect(Math.max(...each.map(({ 200: ok = 0 }) => ok))).toBeLessThanOrEqual(12);
  const { status, headers } = await ask(first.proxyPort, '/both');
  expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
});

// The nodes start with localShare, so it comes last: each is a change.
describe.each(['open', 'closed', 'localShare'] as const)('whenRedisIsAway: %s', (whenRedisIsAway) => {
  /** Of 40 requests to each node, by a limit of 30 over all; and what one more is told. */
  const { expected, told } = {
    localShare: { expected: { 200: 10, 429: 30 }, told: ['RATE_LIMIT_EXCEEDED', true] },
    open: { expected: { 200: 40 }, told: ['passed', false] },
    closed: { expected: { 503: 40 }, told: ['RATE_LIMIT_UNAVAILABLE', true] },
  }[whenRedisIsAway];

  test('Redis is killed and comes back: the choice holds meanwhile, it is seen, and counting goes on without a restart', async () => {
    await three.apply({ limits: { whenRedisIsAway } });
    await counting();
    const before = three.nodes.map(({ output }) => output.length);
    await three.redis.kill();
    await away();
    for (const { status, redis } of await healths()) {
      expect([status, redis]).toEqual(['degraded', { reason: redis?.reason, whenRedisIsAway, liveNodes: 3 }]);
      expect(redis?.reason).toMatch(/\S/);
    }
    const calls = await sumOfNodes('api_gateway_redis_calls_total', { outcome: 'answered' });
    expect(await statuses('/monthly', 40)).toEqual(three.nodes.map(() => expected));
    const { headers, body } = await ask(three.nodes[0].proxyPort, '/monthly');
    const answer = body === 'a' ? { code: 'passed' } : (JSON.parse(body) as { error: { code: string } }).error;
    expect([answer.code, Number(headers['retry-after'] ?? 0) > 0]).toEqual(told);
    expect(await sumOfNodes('api_gateway_global_limit_requests_total', { decider: whenRedisIsAway })).toBeGreaterThan(
      0,
    );
    expect(await sumOfNodes('api_gateway_redis_up')).toBe(0);
    // Nobody waited for a dead Redis.
    expect(await sumOfNodes('api_gateway_redis_calls_total', { outcome: 'answered' })).toBe(calls);
    // Routes without such limits notice nothing.
    expect(passedIn(await statuses('/free', 5))).toBe(15);

    await three.redis.restart();
    await counting();
    expect(passedIn(await statuses('/monthly', 40))).toBe(30);
    const said = three.nodes.map(({ output }, index) => output.slice(before[index]));
    for (const output of said) {
      expect(output.match(/Redis is there again/g)).toHaveLength(1);
      const reasons = output.match(/Redis is away.*?"reason":"[^"]*"/g) ?? [];
      expect(reasons.length).toBeGreaterThan(0);
      expect(new Set(reasons).size).toBe(reasons.length);
    }
  });
});

async function sumOfNodes(name: string, labels?: Record<string, string>): Promise<number> {
  const values = await Promise.all(three.nodes.map((node) => node.metric(name, labels)));
  return values.reduce((sum, value) => sum + value);
}

test('Redis stops and goes on: answers come within its time, then without it, and then it counts again', async () => {
  await three.apply({ limits: { whenRedisIsAway: 'open' } });
  process.kill(three.redis.pid, 'SIGSTOP');
  try {
    const each = await statuses('/monthly', 40);
    expect(passedIn(each)).toBe(120);
    await away();
    for (const { redis } of await healths()) expect(redis?.reason).toMatch(/no answer in time|connection/);
  } finally {
    process.kill(three.redis.pid, 'SIGCONT');
  }
  await counting();
  expect(passedIn(await statuses('/monthly', 40))).toBe(0);
});

test('another Redis needs a restart, which the node says', async () => {
  await three.apply({ redis: { url: three.redis.url, prefix: 'other:', timeout: '2s' } });
  for (const { restartNeeded } of await healths()) expect(restartNeeded).toEqual(['redis']);
});

test('a well Redis adds little to a request', async () => {
  const [node] = three.nodes as [Sluice];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took: Record<string, number[]> = { '/free': [], '/ample': [] };
  for (let index = 0; index < 2_000; index++) {
    const path = index % 2 === 0 ? '/free' : '/ample';
    const begun = performance.now();
    const { status } = await ask(node.proxyPort, path, { agent });
    took[path].push(performance.now() - begun);
    expect(status).toBe(200);
  }
  agent.destroy();
  const [free, limited] = [took['/free'], took['/ample']];
  const added = (share: number): number => quantile(limited, share) - quantile(free, share);
  const calls = await node.metric('api_gateway_redis_calls_total', { outcome: 'answered' });
  const mean = (await node.metric('api_gateway_redis_call_seconds_total')) / calls;
  console.log(
    `added by Redis: p50 ${added(0.5).toFixed(3)} ms, p99 ${added(0.99).toFixed(3)} ms; a call takes ${(1_000 * mean).toFixed(3)} ms`,
  );
  // Generous: what else the machine does decides more than Redis.
  expect(added(0.5)).toBeLessThan(100);
});
