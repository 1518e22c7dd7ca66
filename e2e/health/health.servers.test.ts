/** What `/health` says of a single process, of a control process and of a node alone, while real servers die and come back. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '@sluice/service/testing';
import { startPostgres } from '../../packages/control/src/store/postgres/testing/start-postgres.ts';
import { ask, createProcess, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, LastingProcess } from '../kit/index.ts';

interface Dependency {
  readonly name: string;
  readonly status: string;
  readonly response_time_ms?: number;
  readonly ageSeconds?: number;
  readonly reason?: string;
}

let redis: Awaited<ReturnType<typeof startRedis>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let backend: HttpBackend;
let issuer: Server;
let single: LastingProcess;
let control: LastingProcess;
let node: LastingProcess;

beforeAll(async () => {
  [redis, postgres, backend, issuer] = await Promise.all([
    startRedis(),
    startPostgres(),
    startHttpBackend('a'),
    startIssuer(),
  ]);
  const env = { SLUICE_JOIN_TOKEN: 'a-token-of-the-health-test', REDIS_URL: redis.url, DATABASE_URL: postgres.url() };
  const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`;
  const route: NonNullable<GatewayConfigInput['routes']>[number] = {
    name: 'counted',
    rateLimit: { type: 'FixedWindow', requests: 1_000, window: '1m', scope: 'global' },
    authentication: {
      methods: [{ type: 'jwt', algorithms: ['EdDSA'], issuer: 'https://id', audience: ['a'], jwksUrl }],
    },
    backends: [{ name: 'a', url: backend.url }],
  };
  const proxy = { workers: 1 };
  single = await createProcess({ name: 'single', role: 'all', config: { proxy, routes: [route] }, env });
  control = await createProcess({ name: 'control', role: 'control', config: {}, env });
  await Promise.all([single.start(), control.start()]);
  const controlUrls = [`http://127.0.0.1:${control.managementPort}`];
  const { DATABASE_URL: _, ...withoutStore } = env;
  node = await createProcess({
    name: 'node',
    role: 'gateway',
    config: { proxy, node: { name: 'node', controlUrls } },
    env: withoutStore,
  });
  await node.start();
}, 120_000);

afterAll(async () => {
  await Promise.all([single, node, control].map((process) => process?.remove()));
  issuer.closeAllConnections();
  await Promise.all([redis.stop(), postgres.stop(), backend.close()]);
}, 60_000);

test('when all is well, each dependency is healthy and has a time', { timeout: 120_000 }, async () => {
  await says(single, 200, 'healthy', { store: 'healthy', bus: 'healthy', redis: 'healthy', 'keySet:1': 'healthy' });
  await says(control, 200, 'healthy', { store: 'healthy', bus: 'healthy' });
  await says(node, 200, 'healthy', { control: 'healthy', bus: 'healthy', redis: 'healthy', 'keySet:1': 'healthy' });
  for (const process of [single, control, node]) {
    for (const { name, ...one } of (await healthOf(process)).dependencies) {
      expect([name, one]).toEqual([
        name,
        { status: 'healthy', response_time_ms: expect.any(Number) as number, ageSeconds: expect.any(Number) as number },
      ]);
    }
  }
});

test(
  'Redis is killed and comes back: whatever serves goes on, and says what is away',
  { timeout: 120_000 },
  async () => {
    await redis.kill();
    await says(single, 200, 'degraded', { store: 'healthy', bus: 'unhealthy', redis: 'unhealthy' });
    await says(control, 200, 'degraded', { store: 'healthy', bus: 'unhealthy' });
    await says(node, 200, 'degraded', { control: 'healthy', bus: 'unhealthy', redis: 'unhealthy' });
    const text = JSON.stringify(await healthOf(single));
    expect(text).toContain('it refuses connections');
    expect(text).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
    await redis.restart();
    for (const process of [single, control, node]) await says(process, 200, 'healthy', { bus: 'healthy' });
  },
);

test(
  'PostgreSQL is killed and comes back: a control process alone serves nothing meanwhile',
  { timeout: 120_000 },
  async () => {
    await postgres.kill();
    await says(single, 200, 'degraded', { store: 'unhealthy', redis: 'healthy' });
    await says(control, 503, 'unhealthy', { store: 'unhealthy', bus: 'healthy' });
    expect((await ask(single.managementPort, '/ready')).status).toBe(200);
    expect((await ask(control.managementPort, '/ready')).status).toBe(503);
    expect((await ask(single.managementPort, '/api/v1/gateway/health')).status).toBe(200);
    expect((await ask(control.managementPort, '/api/v1/gateway/health')).status).toBe(503);
    await postgres.restart();
    await says(single, 200, 'healthy', { store: 'healthy' });
    await says(control, 200, 'healthy', { store: 'healthy' });
  },
);

test('control is away: a node goes on with what it has', { timeout: 120_000 }, async () => {
  await control.kill();
  await says(node, 200, 'degraded', { control: 'unhealthy', redis: 'healthy' });
  expect((await ask(node.managementPort, '/live')).status).toBe(200);
  await control.start();
  await says(node, 200, 'healthy', { control: 'healthy' });
});

async function healthOf(process: LastingProcess): Promise<{ status: string; dependencies: readonly Dependency[] }> {
  return JSON.parse((await ask(process.managementPort, '/health')).body) as never;
}

/** Waits until a process says so of itself and of these dependencies. */
async function says(
  process: LastingProcess,
  code: number,
  status: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  let last = '';
  const isSaid = async (): Promise<boolean> => {
    const answer = await ask(process.managementPort, '/health');
    last = `${answer.status} ${answer.body}`;
    const health = JSON.parse(answer.body) as { status: string; dependencies: readonly Dependency[] };
    const isAsWanted = Object.entries(wanted).every(([name, is]) =>
      health.dependencies.some((one) => one.name === name && one.status === is),
    );
    return answer.status === code && health.status === status && isAsWanted;
  };
  await until(`${process.name} to be ${code} ${status} ${JSON.stringify(wanted)}`, isSaid, { detail: () => last });
}

async function startIssuer(): Promise<Server> {
  const key = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'EdDSA' };
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [key] })));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
