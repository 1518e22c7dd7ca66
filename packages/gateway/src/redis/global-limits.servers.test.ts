import { openRedisClient } from '@sluice/service/redis';
import type { RedisClient } from '@sluice/service/redis';
import { startRedis } from '@sluice/service/testing';
import type { TestRedis } from '@sluice/service/testing';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LimitDemand, LimitRule, LimitStanding, LimitsTaken } from '../policy/rate-limit/limit-store.ts';
import { createNodeMemory, RedisUse } from '../state/index.ts';
import { GlobalLimits } from './global-limits.ts';

/** Longer than anything takes that comes to an end. */
const patient = { timeout: 90_000, interval: 5 };
const silent = { info: () => undefined, warn: () => undefined };
const hour = 3_600_000;

let redis: TestRedis;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  redis = await startRedis();
  closers.push(() => redis.stop());
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Node {
  readonly limits: GlobalLimits;
  readonly use: RedisUse;
  /** The changes it was told of. */
  readonly changes: (string | undefined)[];
  /** What it counted by itself. */
  readonly local: LimitDemand[];
}

async function startNode({ url = redis.url, nodeId = 'a', timeoutMs = 30_000 } = {}): Promise<Node> {
  const memory = createNodeMemory({ workers: 1, capacity: { series: 1024, routes: 16, backends: 16, targets: 16 } });
  const use = new RedisUse(memory);
  const node = { use, changes: [] as Node['changes'], local: [] as LimitDemand[] };
  const limits = new GlobalLimits({
    open: () => openRedisClient('test', { url, log: silent }),
    prefix: 'test:',
    timeoutMs,
    nodeId,
    worker: 0,
    use,
    local: {
      take: (demands) =>
        demands.map((demand) => (node.local.push(demand), { remaining: 7, resetMs: 1, retryAfterMs: 0 })),
      look: () => [],
      giveBack: () => undefined,
    },
    onChange: (reason) => void node.changes.push(reason),
  });
  closers.push(() => limits.close());
  limits.begin();
  await limits.settled();
  return Object.assign(node, { limits });
}

/** Waits until a node counts in Redis. */
async function there(node: Node): Promise<Node> {
  await vi.waitFor(() => expect(node.use.totals().away).toBe(0), patient);
  return node;
}

async function away(node: Node): Promise<Node> {
  await vi.waitFor(() => expect(node.use.totals().away).toBe(1), patient);
  return node;
}

const demand = (changes: Partial<LimitRule> = {}, key = 'caller'): LimitDemand => {
  const { requests = 5 } = changes;
  const rule: LimitRule = {
    id: 'route',
    type: 'TokenBucket',
    windowMs: hour,
    burst: requests,
    isQuota: false,
    scope: 'global',
    ...changes,
    requests,
  };
  return { rule, key };
};

const isStandings = (taken: LimitsTaken): taken is readonly LimitStanding[] => Array.isArray(taken);

/** How many of so many requests pass, all sent in one turn. */
async function passed(node: Node, count: number, sent: LimitDemand): Promise<number> {
  const taken = await Promise.all(Array.from({ length: count }, async () => node.limits.take([sent])));
  return taken.filter((one) => (isStandings(one) ? one[0].retryAfterMs === 0 : one.passes)).length;
}

/** How many requests were decided by what. */
function decided({ use }: Node): Record<string, number> {
  return Object.fromEntries(use.totals().decided.filter(([, count]) => count > 0));
}

/** A connection of the test, to change the server. */
async function admin(url = redis.url): Promise<RedisClient> {
  const client = await openRedisClient('admin', { url, log: silent });
  closers.push(() => client.destroy());
  if (!client.isReady) await once(client, 'ready');
  return client;
}

test('nodes that count together let through what one would, to the request', async () => {
  const nodes = [await startNode({ nodeId: 'a' }), await startNode({ nodeId: 'b' }), await startNode({ nodeId: 'c' })];
  await Promise.all(nodes.map(there));
  const sums = await Promise.all(nodes.map((node) => passed(node, 400, demand({ requests: 500 }))));
  expect(sums.reduce((sum, count) => sum + count)).toBe(500);
});

test('the requests of one turn go in one call, a great many in several; more than can wait are decided as if Redis were away', async () => {
  const node = await there(await startNode());
  await passed(node, 200, demand());
  expect(node.use.totals().calls).toEqual({ answered: 1, failed: 0 });
  await passed(node, 10_001, demand());
  expect(node.use.totals().calls).toEqual({ answered: 51, failed: 0 });
  expect(decided(node)).toEqual({ redis: 10_200, localShare: 1 });
});

test('keys have the prefix, one slot of a cluster and nothing of the caller, and all expire', async () => {
  const node = await there(await startNode());
  await node.limits.take([
    demand({}, 'secret-key'),
    demand({ type: 'SlidingWindow' }),
    demand({ type: 'FixedWindow' }),
  ]);
  const client = await admin();
  const keys = (await client.sendCommand(['KEYS', '*'])) as string[];
  expect(keys).toHaveLength(4);
  for (const key of keys) {
    expect(key).toMatch(/^test:\{limits\}:(?:[\w-]{22}|nodes)$/);
    expect(Number(await client.sendCommand(['PTTL', key]))).toBeGreaterThan(0);
  }
});

/** Ways in which Redis is wrong: how it becomes so, what is said of it, and how it becomes right. */
const faults: readonly [string, { break: string[][]; says: RegExp; mend: string[][] }][] = [
  ['a replica', { break: [['REPLICAOF', '127.0.0.1', '1']], says: /^READONLY/, mend: [['REPLICAOF', 'NO', 'ONE']] }],
  [
    'out of memory',
    { break: [['CONFIG', 'SET', 'maxmemory', '1']], says: /^OOM/, mend: [['CONFIG', 'SET', 'maxmemory', '0']] },
  ],
  [
    'one that permits no scripts',
    {
      break: [['ACL', 'SETUSER', 'default', '-evalsha']],
      says: /^NOPERM/,
      mend: [['ACL', 'SETUSER', 'default', '+@all']],
    },
  ],
  [
    'one that lost its disk',
    {
      break: [['CONFIG', 'SET', 'min-replicas-to-write', '1']],
      says: /^NOREPLICAS/,
      mend: [['CONFIG', 'SET', 'min-replicas-to-write', '0']],
    },
  ],
];

describe.each(faults)('a Redis that is %s', (_, fault) => {
  test('counts as away, is told once, and is used again when it is right', async () => {
    const node = await there(await startNode());
    await passed(node, 3, demand());
    const client = await admin();
    for (const command of fault.break) await client.sendCommand(command);
    expect(await passed(node, 1, demand())).toBe(1);
    await away(node);
    expect(node.changes).toEqual([undefined, expect.stringMatching(fault.says)]);
    expect(node.use.totals().calls.failed).toBeLessThanOrEqual(1);
    for (const command of fault.mend) await client.sendCommand(command);
    await there(node);
    expect(node.changes).toEqual([undefined, expect.stringMatching(fault.says), undefined]);
    // What was counted before is still there: two of five are left.
    expect(await passed(node, 9, demand())).toBe(2);
  });
});

test('a Redis that was killed is not asked; what was not saved begins anew when it is back', async () => {
  const node = await there(await startNode());
  expect(await passed(node, 9, demand())).toBe(5);
  await redis.kill();
  await away(node);
  const { calls } = node.use.totals();
  expect(await passed(node, 50, demand())).toBe(50);
  // None of them waited for Redis.
  expect(node.use.totals().calls).toEqual(calls);
  await redis.restart();
  await there(node);
  expect(await passed(node, 9, demand())).toBe(5);
  expect(node.changes.at(-1)).toBeUndefined();
});

test.each([
  ['localShare', { remaining: 7 }],
  ['open', { passes: true, retryAfterMs: 1_000 }],
  ['closed', { passes: false, retryAfterMs: 1_000 }],
] as const)('%s is what happens while Redis is away, as soon as it is chosen', async (choice, outcome) => {
  const node = await startNode({ url: 'redis://127.0.0.1:1' });
  await away(node);
  node.use.setWhenAway(choice);
  // By then it is asked once a second.
  await vi.waitFor(() => expect(node.limits.retryMs).toBe(1_000), patient);
  const taken = await node.limits.take([demand()]);
  expect(isStandings(taken) ? taken[0] : taken).toMatchObject(outcome);
  expect(decided(node)).toEqual({ [choice]: 1 });
});

test('the share of a node is that of the nodes that were live when Redis was last there', async () => {
  const nodes = [await startNode({ nodeId: 'a' }), await startNode({ nodeId: 'b' }), await startNode({ nodeId: 'c' })];
  await vi.waitFor(() => expect(nodes.map(({ use }) => use.nodes)).toEqual([3, 3, 3]), patient);
  await nodes[2].limits.close();
  await vi.waitFor(() => expect(nodes[0].use.nodes).toBe(2), patient);
  await redis.kill();
  await away(nodes[0]);
  await nodes[0].limits.take([demand({ requests: 101, burst: 7 })]);
  expect(nodes[0].local[0].rule).toMatchObject({ requests: 50, burst: 3, id: 'route' });
});

test('a Redis that stops holds requests up for no longer than its time, then none; it is used again when it goes on', async () => {
  const node = await there(await startNode({ timeoutMs: 2_000 }));
  process.kill(redis.pid, 'SIGSTOP');
  closers.push(() => process.kill(redis.pid, 'SIGCONT'));
  expect(await passed(node, 20, demand())).toBe(20);
  expect(node.changes.at(-1)).toBe('no answer within 2000 ms');
  const { calls } = node.use.totals();
  expect(await passed(node, 20, demand())).toBe(20);
  expect(node.use.totals().calls).toEqual(calls);
  process.kill(redis.pid, 'SIGCONT');
  await there(node);
  expect(node.changes.at(-1)).toBeUndefined();
  // The late answers changed nothing here, but what Redis had received it has counted.
  expect(await passed(node, 9, demand())).toBe(0);
});

test('a wrong password is told without showing any; once it is right it is used', async () => {
  const client = await admin();
  await client.sendCommand(['CONFIG', 'SET', 'requirepass', 'the-right-one']);
  const node = await startNode({ url: redis.url.replace('//', '//:hunter2-hunter2@') });
  await away(node);
  await vi.waitFor(() => expect(node.changes).toEqual([expect.stringMatching(/^WRONGPASS/)]), patient);
  expect(node.changes.join(' ')).not.toContain('hunter2');
  await client.sendCommand(['CONFIG', 'SET', 'requirepass', 'hunter2-hunter2']);
  await there(node);
  expect(await passed(node, 9, demand())).toBe(5);
});

test('FLUSHALL and SCRIPT FLUSH only begin the counts anew', async () => {
  const node = await there(await startNode());
  expect(await passed(node, 9, demand())).toBe(5);
  const client = await admin();
  await client.sendCommand(['FLUSHALL']);
  await client.sendCommand(['SCRIPT', 'FLUSH']);
  expect(await passed(node, 9, demand())).toBe(5);
  expect(node.changes).toEqual([undefined]);
});

test('after a failover behind one address the new primary goes on counting, even if the old one keeps its connections', async () => {
  const second = await startRedis(['--replicaof', `127.0.0.1 ${redis.port}`]);
  closers.push(() => second.stop());
  const address = await switchable(redis.port);
  const node = await there(await startNode({ url: `redis://127.0.0.1:${address.port}` }));
  expect(await passed(node, 3, demand())).toBe(3);
  const [oldPrimary, newPrimary] = [await admin(), await admin(second.url)];
  await vi.waitFor(async () => expect(await newPrimary.sendCommand(['DBSIZE'])).toBe(2), patient);
  await newPrimary.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  address.lead(second.port);
  await oldPrimary.sendCommand(['REPLICAOF', '127.0.0.1', String(second.port)]);
  await passed(node, 1, demand());
  await away(node);
  expect(node.changes.at(-1)).toMatch(/^READONLY/);
  await there(node);
  expect(await passed(node, 9, demand())).toBe(2);
});

test('without the library, or without an address, Redis is away, and it is said why', async () => {
  const node = await startNode({ url: 'http://wrong' });
  expect(node.changes).toEqual([expect.stringMatching(/^redis\.url: /)]);
  expect(await passed(node, 2, demand())).toBe(2);
});

/** An address whose new connections can be led elsewhere. */
async function switchable(first: number): Promise<{ port: number; lead(port: number): void }> {
  let target = first;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const one of [socket, onward]) sockets.push(one.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => (server.close(), sockets.forEach((socket) => socket.destroy())));
  return { port: (server.address() as AddressInfo).port, lead: (port) => void (target = port) };
}
