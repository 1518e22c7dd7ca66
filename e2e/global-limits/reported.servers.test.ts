import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import type { TestRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { createProcess, ManagementApi, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, LastingProcess } from '../kit/index.ts';

const password = 'correct horse battery staple';
const rateLimit = { type: 'TokenBucket', requests: 1000, keyBy: 'Route', scope: 'global' } as const;

let redis: TestRedis;
let backend: HttpBackend;
let gateway: LastingProcess;
let api: ManagementApi;

beforeAll(async () => {
  [redis, backend] = await Promise.all([startRedis(), startHttpBackend('a')]);
  const config: GatewayConfigInput = {
    redis: { url: redis.url },
    routes: [{ name: 'limited', pathPattern: '/**', rateLimit, backends: [{ name: 'a', url: backend.url }] }],
  };
  gateway = await createProcess({ name: 'one', role: 'all', config, env: { SLUICE_ADMIN_PASSWORD: password } });
  await gateway.start();
  api = new ManagementApi({ controls: [gateway], password });
});

afterAll(async () => {
  await gateway.remove();
  await Promise.all([redis.stop(), backend.close()]);
});

interface Said {
  readonly problems: readonly string[];
  readonly withoutRedis: number;
}

/** What control says of the nodes. */
async function said(): Promise<Said> {
  const [listed, figures] = await Promise.all([
    api.acknowledged('GET', '/gateway/nodes'),
    api.acknowledged('GET', '/gateway/metrics'),
  ]);
  const { nodes } = JSON.parse(listed.body) as { nodes: readonly { readonly problems: readonly string[] }[] };
  const { withoutRedis } = (JSON.parse(figures.body) as { nodes: { readonly withoutRedis: number } }).nodes;
  return { problems: nodes.flatMap(({ problems }) => problems), withoutRedis };
}

test('the list of nodes and the figures say for which Redis is away, and what they do meanwhile', async () => {
  const isSaid = (wanted: number) => async () => {
    const now = await said();
    return now.withoutRedis === wanted && now;
  };
  const counting = await until('Redis to be used', isSaid(0));
  expect(counting.problems).toEqual([]);
  await redis.kill();
  const away = await until('Redis to be missed', isSaid(1));
  expect(away.problems).toEqual([
    expect.stringMatching(/^Redis is away, so .*: this node lets 1\/1 of each through \(.+\)$/),
  ]);
  await redis.restart();
  expect((await until('Redis to be used again', isSaid(0))).problems).toEqual([]);
});
