import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../packages/control/src/store/postgres/testing/start-postgres.ts';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { ask, createProcess, ManagementApi, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, LastingProcess } from '../kit/index.ts';

const password = 'correct horse battery staple';

let redis: Awaited<ReturnType<typeof startRedis>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let backend: HttpBackend;
let controls: LastingProcess[];
let gateways: LastingProcess[];
let first: ManagementApi;

beforeAll(async () => {
  [redis, postgres, backend] = await Promise.all([startRedis(), startPostgres(), startHttpBackend('a')]);
  const joining = { SLUICE_JOIN_TOKEN: 'a-token-of-the-consumers-test' };
  const env = { ...joining, DATABASE_URL: postgres.url(), REDIS_URL: redis.url, SLUICE_ADMIN_PASSWORD: password };
  controls = await Promise.all(
    ['control-1', 'control-2'].map((name) =>
      createProcess({ name, role: 'control', config: { access: { limitFactor: 0 } }, env }),
    ),
  );
  for (const control of controls) await control.start();
  // Changes are made at the first control process, and all nodes follow the second.
  const controlUrls = [`http://127.0.0.1:${controls[1].managementPort}`];
  gateways = await Promise.all(
    ['node-1', 'node-2', 'node-3'].map((name) =>
      createProcess({
        name,
        role: 'gateway',
        config: { proxy: { workers: 2 }, node: { name, controlUrls } },
        env: joining,
      }),
    ),
  );
  first = new ManagementApi({ controls: [controls[0]], password });
  await first.acknowledged('POST', '/gateway/routes', {
    name: 'keyed',
    pathPattern: '/**',
    backends: [{ name: 'a', url: backend.url }],
    authentication: { methods: [{ type: 'apiKey', header: 'X-API-Key' }] },
  });
  await Promise.all(gateways.map((gateway) => gateway.start()));
});

afterAll(async () => {
  await Promise.all([...gateways, ...controls].map((process) => process.remove()));
  await Promise.all([redis.stop(), postgres.stop(), backend.close()]);
});

/** What the nodes answer to a key. */
async function statuses(key: string): Promise<number[]> {
  const headers = { 'x-api-key': key };
  return Promise.all(gateways.map(async ({ proxyPort }) => (await ask(proxyPort, '/', { headers })).status));
}

/** Resolves with how long it took until all nodes answered a key so, in milliseconds. */
async function untilAll(what: string, key: string, status: number): Promise<number> {
  const started = performance.now();
  await until(what, async () => (await statuses(key)).every((each) => each === status), { timeout: 1000 });
  return Math.round(performance.now() - started);
}

test('what one control process changes of a consumer, the nodes of another know within a second', async () => {
  await first.acknowledged('POST', '/gateway/consumers', { consumerId: 'shop', name: 'The shop' });
  const { body } = await first.acknowledged('POST', '/gateway/consumers/shop/keys', {});
  const { consumerKey, key } = JSON.parse(body) as { consumerKey: { keyId: string }; key: string };
  const took = [await untilAll('a new key to be known', key, 200)];
  await first.acknowledged('PUT', '/gateway/consumers/shop', { isEnabled: false });
  took.push(await untilAll('a disabled consumer to be refused', key, 401));
  await first.acknowledged('PUT', '/gateway/consumers/shop', { isEnabled: true });
  took.push(await untilAll('an enabled consumer to be known', key, 200));
  await first.acknowledged('DELETE', `/gateway/consumers/shop/keys/${consumerKey.keyId}`);
  took.push(await untilAll('a revoked key to be refused', key, 401));
  console.log(`over two control processes: new, disabled, enabled, revoked after ${took.join(', ')} ms on three nodes`);
  expect(await statuses(key)).toEqual([401, 401, 401]);
});
