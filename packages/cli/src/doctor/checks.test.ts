import { tmpdir } from 'node:os';
import { ListenRefusedError, PortTakenError } from '@sluice/service';
import { expect, test } from 'vitest';
import { checkClock } from './check-clock.ts';
import { checkControl } from './check-control.ts';
import { checkLimits } from './check-limits.ts';
import { checkManagement } from './check-management.ts';
import { checkNodeVersion } from './check-node-version.ts';
import { checkPorts } from './check-ports.ts';
import { checkRedis } from './check-redis.ts';
import { checkStore } from './check-store.ts';
import { runChecks } from './run-checks.ts';
import { checkInput, healthyProbes, linesOf } from './testing/check-input.ts';

const token = 'a-join-token-of-some-length';
const gateway = {
  role: 'gateway' as const,
  node: { controlUrls: ['http://a:5000', 'http://b:5000'], joinToken: token },
};

test('a healthy place with defaults has nothing to complain about', async () => {
  const findings = await runChecks(checkInput({ cwd: tmpdir() }));
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['node', 'ports', 'folders', 'store', 'redis', 'clock', 'management']),
  );
});

test.each([
  ['20.19.0', 'fail'],
  ['22.18.0', 'fail'],
  ['24.0.0', 'ok'],
  ['25.1.0', 'warn'],
  ['26.0.0', 'ok'],
])('Node %s: %s', async (nodeVersion, status) => {
  expect((await linesOf(checkNodeVersion, { probes: { nodeVersion } }))[0]).toMatch(new RegExp(`^${status}: Node`));
});

test('ports: which are free, who has the others, and what the system says', async () => {
  const probePort = (host: string, port: number, key: string): Promise<void> => {
    if (port === 8000) return Promise.reject(new PortTakenError({ host, port, key, holder: 'nginx (process 812)' }));
    const refusal = { reason: 'not for this user', advice: 'choose another' };
    if (port === 443) return Promise.reject(new ListenRefusedError({ host, port, key }, refusal, undefined));
    return Promise.resolve();
  };
  const tls = { port: 443, certificates: [{ certFile: 'a', keyFile: 'b' }] };
  expect(await linesOf(checkPorts, { config: { proxy: { tls } }, probes: { probePort } })).toEqual([
    expect.stringMatching(/^fail: \S+:8000 \(proxy\.port\) is taken by nginx \(process 812\)\. .*SLUICE__PROXY__PORT/),
    'fail: 127.0.0.1:443 (proxy.tls.port): not for this user. choose another',
    'ok: 127.0.0.1:5000 (management.port) is free',
  ]);
});

test('ports: Sluice itself at work is no failure, and a control process has no proxy', async () => {
  const probePort = (host: string, port: number, key: string): Promise<void> =>
    Promise.reject(new PortTakenError({ host, port, key, holder: 'node sluice.js (process 8)' }));
  expect(await linesOf(checkPorts, { config: { role: 'control' }, probes: { probePort } })).toEqual([
    'ok: 127.0.0.1:5000 (management.port) is in use by node sluice.js (process 8): Sluice is running',
  ]);
  expect(await linesOf(checkPorts, { config: { role: 'control', management: { port: 0 } } })).toEqual([
    'ok: any free port on 127.0.0.1 (management.port)',
  ]);
});

const database = { store: { url: 'postgres://me:hunter2%40@db.example/sluice?sslmode=require' } };

test.each([
  [[], 'ok: postgres://db.example/sluice can be reached and is up to date'],
  [
    [{ version: 1, name: 'first' }],
    'ok: postgres://db.example/sluice can be reached; it is empty and will be set up by: 1 (first)',
  ],
  [
    [{ version: 2, name: 'second' }],
    'warn: postgres://db.example/sluice can be reached; migrations to come: 2 (second). the next start applies them',
  ],
])('store: pending migrations %j', async (pending, line) => {
  const [found] = await linesOf(checkStore, {
    config: database,
    probes: { pendingMigrations: () => Promise.resolve(pending) },
  });
  expect(found?.startsWith(line)).toBe(true);
});

test('store: why it cannot be used, without the password, also when the driver repeats it', async () => {
  const reason = `connect to ${database.store.url} with hunter2@ failed`;
  const probes = { pendingMigrations: () => Promise.reject(new Error(reason)) };
  const [line] = await linesOf(checkStore, { config: database, probes });
  expect(line).toMatch(/^fail: postgres:\/\/db\.example\/sluice: connect to .* failed\. check the database/);
  expect(line).not.toContain('hunter2');
});

test('store: memory: is warned of, and a gateway has none', async () => {
  expect(await linesOf(checkStore, { config: { store: { url: 'memory:' } } })).toEqual([
    expect.stringMatching(/^warn: memory: keeps nothing/),
  ]);
  expect(await linesOf(checkStore, { config: gateway })).toEqual([]);
});

const redis = { redis: { url: 'redis://:hunter2@cache:6379' } };

test('redis: reached, slow', async () => {
  expect(await linesOf(checkRedis, { config: redis })).toEqual([
    'ok: redis://cache:6379 can be reached, version 7.2.0; a message takes 0.5 ms',
  ]);
  const probe = { version: undefined, roundTripMs: 400, clockAheadMs: 0 };
  expect(await linesOf(checkRedis, { config: redis, probes: { probeRedis: () => Promise.resolve(probe) } })).toEqual([
    'ok: redis://cache:6379 can be reached; a message takes 400.0 ms',
    expect.stringMatching(/^warn: Redis is slow: 400\.0 ms/),
  ]);
});

test.each([
  ['noeviction', 100_000_000, 'ok: Redis takes 100 MB at most, and drops no counts of limits'],
  ['allkeys-lru', 100_000_000, 'warn: Redis drops counts of limits when its 100 MB are full'],
  ['allkeys-lru', 0, undefined],
])('redis: counts of limits with maxmemory-policy %s and %d bytes', async (eviction, maxMemoryBytes, line) => {
  const rateLimit = { type: 'FixedWindow' as const, requests: 10, scope: 'global' as const };
  const routes = [{ name: 'r', backends: [{ name: 'a', url: 'http://192.0.2.1' }], rateLimit }];
  const probe = { version: '7.2.0', roundTripMs: 0.5, clockAheadMs: 0, eviction, maxMemoryBytes };
  const probes = { probeRedis: () => Promise.resolve(probe) };
  const [, counts] = await linesOf(checkRedis, { config: { ...redis, routes }, probes });
  expect(counts?.slice(0, line?.length)).toBe(line);
  expect(await linesOf(checkRedis, { config: redis, probes })).toHaveLength(1);
});

test('redis: why it cannot be reached, without the password', async () => {
  const probeRedis = () => Promise.reject(new Error('WRONGPASS hunter2'));
  expect(await linesOf(checkRedis, { config: redis, probes: { probeRedis } })).toEqual([
    'fail: redis://cache:6379: WRONGPASS [hidden]. check Redis, its address and password: redis.url, REDIS_URL',
  ]);
});

test('redis: missing where several control processes are', async () => {
  const node = { controlUrls: ['http://a:5000', 'http://b:5000'] };
  expect(await linesOf(checkRedis, { config: { role: 'control', node } })).toEqual([
    expect.stringMatching(/^warn: 2 control processes .* no redis\.url\. set redis\.url on all/),
  ]);
  expect(await linesOf(checkRedis)).toEqual([expect.stringMatching(/^ok: not configured/)]);
  expect(await linesOf(checkRedis, { config: gateway })).toEqual([]);
});

test('control: one of two away is a warning, both are a failure', async () => {
  const oneAway = (url: string) =>
    url.includes('a:') ? healthyProbes.askControl('', checkInput().config.node) : Promise.reject(new Error('gone'));
  expect(await linesOf(checkControl, { config: gateway, probes: { askControl: oneAway } })).toEqual([
    'ok: http://a:5000 answers',
    expect.stringMatching(/^warn: http:\/\/b:5000 cannot be reached: gone\. .*the others are used/),
  ]);
  const askControl = () => Promise.reject(new Error('gone'));
  expect(await linesOf(checkControl, { config: gateway, probes: { askControl } })).toEqual([
    expect.stringMatching(/^fail: http:\/\/a:5000 cannot be reached: gone\. .*snapshot/),
    expect.stringMatching(/^fail: http:\/\/b:5000/),
  ]);
  expect(await linesOf(checkControl)).toEqual([]);
});

test.each([
  [0, 'ok: agrees with Redis'],
  [1_900, 'ok: agrees with Redis'],
  [5_000, 'warn: 5.0 s behind Redis. keep the clock right'],
  [-90_000, 'fail: 90.0 s ahead of Redis. keep the clock right'],
])('clock: Redis is %d ms ahead', async (clockAheadMs, line) => {
  const probeRedis = () => Promise.resolve({ version: undefined, roundTripMs: 1, clockAheadMs });
  const [found] = await linesOf(checkClock, { config: redis, probes: { probeRedis } });
  expect(found?.startsWith(line)).toBe(true);
});

test('clock: compared with control, with nobody, not set, and running backwards', async () => {
  const askControl = () => Promise.resolve(healthyProbes.wallClock() - 10_000);
  expect(await linesOf(checkClock, { config: gateway, probes: { askControl } })).toEqual([
    expect.stringMatching(/^warn: 9\.5 s ahead of http:\/\/a:5000/),
    expect.stringMatching(/^warn: 9\.5 s ahead of http:\/\/b:5000/),
  ]);
  expect(await linesOf(checkClock)).toEqual(['ok: 2030-01-01T00:00:00.000Z; there is nothing to compare it with']);
  expect(await linesOf(checkClock, { probes: { wallClock: () => 0 } })).toEqual([
    expect.stringMatching(/^fail: the clock says 1970-01-01T00:00:00\.000Z: it is not set/),
  ]);
  let time = 2;
  expect(await linesOf(checkClock, { probes: { monotonicClock: () => time-- } })).toEqual([
    expect.stringMatching(/^fail: the monotonic clock runs backwards/),
  ]);
});

/** The files of a Linux system with these limits. */
function system({ files = '1048576', somaxconn = '4096', range = '32768\t60999' }) {
  const texts: Record<string, string> = {
    '/proc/self/limits': `Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 ${files}              files\n`,
    '/proc/sys/net/core/somaxconn': `${somaxconn}\n`,
    '/proc/sys/net/ipv4/ip_local_port_range': `${range}\n`,
  };
  return { readSystem: (path: string) => Promise.resolve(texts[path]) };
}

test('limits: enough, or what to raise', async () => {
  const config = { proxy: { maxConnections: 20_000, workers: 2 } };
  expect(await linesOf(checkLimits, { config, probes: system({}) })).toEqual([
    'ok: 1048576 open files, enough for 20000 connections',
  ]);
  expect(await linesOf(checkLimits, { config, probes: system({ files: 'unlimited' }) })).toEqual([
    'ok: unlimited open files, enough for 20000 connections',
  ]);
  expect(await linesOf(checkLimits, { config, probes: system({ files: '20000', somaxconn: '128' }) })).toEqual([
    expect.stringMatching(/^warn: 20000 open files, but 20000 connections .* may need 40300\. .*LimitNOFILE=40300/),
    expect.stringMatching(/^warn: only 128 connections may wait .*net\.core\.somaxconn=4096/),
  ]);
  expect(await linesOf(checkLimits, { config: { proxy: { maxConnections: 0 } }, probes: system({}) })).toEqual([
    expect.stringMatching(/^ok: 1048576 open files; proxy\.maxConnections is 0/),
  ]);
});

test('limits: ports for outgoing connections', async () => {
  const backends = [{ name: 'a', url: 'http://192.0.2.1', connectionPool: { maxSize: 1_000 } }];
  const config = { proxy: { workers: 2 }, management: { port: 33_000 }, routes: [{ name: 'r', backends }] };
  expect(await linesOf(checkLimits, { config, probes: system({ range: '32768\t34000' }) })).toEqual([
    expect.stringMatching(/^ok/),
    expect.stringMatching(/^warn: 1233 ports for connections to one backend, but .* is 2000/),
    expect.stringMatching(/^warn: management\.port 33000 lies among .*ip_local_reserved_ports=33000/),
  ]);
  expect(await linesOf(checkLimits)).toEqual([]);
});

test('management: who can reach it, and whether nodes can join', async () => {
  expect(await linesOf(checkManagement)).toEqual(['ok: 127.0.0.1 can be reached from this machine alone']);
  const open = { management: { host: '0.0.0.0' } };
  expect(await linesOf(checkManagement, { config: open })).toEqual([
    'ok: 0.0.0.0 can be reached by others',
    expect.stringMatching(/^warn: no node elsewhere can join.*node\.joinToken/),
  ]);
  const tls = { certFile: 'a', keyFile: 'b' };
  const safe = { management: { host: '::', tls }, node: { joinToken: token } };
  expect(await linesOf(checkManagement, { config: safe })).toEqual(['ok: :: can be reached by others, with TLS']);
  expect(await linesOf(checkManagement, { config: { role: 'control', management: { host: 'localhost' } } })).toEqual([
    'ok: localhost can be reached from this machine alone',
    expect.stringMatching(/^warn: no node elsewhere can join/),
    expect.stringMatching(/^warn: nodes elsewhere cannot reach localhost/),
  ]);
});

test('a check that breaks or does not end is a finding, and the others are shown', async () => {
  const checks = {
    broken: () => Promise.reject(new Error('a bug')),
    endless: () => new Promise<never>(() => undefined),
    node: checkNodeVersion,
  };
  expect(await runChecks(checkInput(), { limitMs: 20, checks })).toEqual([
    expect.objectContaining({ check: 'broken', status: 'fail', message: 'not known: a bug' }),
    expect.objectContaining({ check: 'endless', status: 'fail', message: 'not known: no result within 0.02 s' }),
    expect.objectContaining({ check: 'node', status: 'ok' }),
  ]);
});
