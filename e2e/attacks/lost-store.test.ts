import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, createProcess, ManagementApi, startHttpBackend, until } from '../kit/index.ts';

const password = 'correct horse battery staple';
const env = { SLUICE_ADMIN_PASSWORD: password, SLUICE_JOIN_TOKEN: 'a-token-of-the-lost-store-test' };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

test('control comes back with an empty store: a node serves on, also after its restart, and shows it, until it is confirmed', async () => {
  const backend = await startHttpBackend('a');
  closers.push(() => backend.close());
  const control = await createProcess({ name: 'control', role: 'control', config: {}, env });
  closers.push(() => control.remove());
  const node = await createProcess({
    name: 'node',
    role: 'gateway',
    config: {
      proxy: { workers: 1 },
      node: { name: 'node', controlUrls: [`http://127.0.0.1:${control.managementPort}`] },
    },
    env: { SLUICE_JOIN_TOKEN: env.SLUICE_JOIN_TOKEN },
  });
  closers.push(() => node.remove());
  const api = new ManagementApi({ controls: [control], password });
  const status = async (): Promise<number> => (await ask(node.proxyPort, '/orders')).status;
  const metric = async (): Promise<string> => (await ask(node.managementPort, '/metrics')).body;

  await control.start();
  const route = { name: 'orders', pathPattern: '/orders/**', backends: [{ name: 'a', url: backend.url }] };
  await api.acknowledged('POST', '/gateway/routes', route);
  await node.start();
  await until('the node to serve', async () => (await status()) === 200);
  await until('the node to save what it runs', () => existsSync(join(node.folder, '.sluice/snapshot.json')));

  await control.stop();
  await rm(join(control.folder, '.sluice'), { recursive: true });
  await control.start();
  await until('the node to say that it keeps what it has', async () => /_node_withheld 1$/m.test(await metric()));
  expect(await status()).toBe(200);
  await node.kill();
  await node.start();
  expect(await status()).toBe(200);
  const listed = async () => JSON.parse((await api.acknowledged('GET', '/gateway/nodes')).body) as Listed;
  await until('the node to be shown', async () => (await listed()).nodes[0]?.withheld === true);
  expect(await listed()).toMatchObject({
    revision: 0,
    converged: false,
    nodes: [{ acknowledged: false, problems: [expect.stringContaining('keeps its last good configuration')] }],
  });

  await api.acknowledged('POST', '/gateway/configuration/confirm', { reason: 'a new beginning' });
  await until('the node to take the empty store', async () => (await status()) === 404);
  await until('all to have converged', async () => (await listed()).converged);
});

interface Listed {
  readonly converged: boolean;
  readonly nodes: readonly { readonly withheld?: boolean }[];
}
