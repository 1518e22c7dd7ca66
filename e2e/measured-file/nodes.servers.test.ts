import type { GatewayConfigInput } from '@sluice/model';
import { afterEach, expect, onTestFailed, test } from 'vitest';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { startPostgres } from '../../packages/control/src/store/postgres/testing/start-postgres.ts';
import { until } from '../kit/index.ts';
import { MeasuredGateway } from './measured-gateway.ts';
import { startFileBackends } from './version-backends.ts';
import type { Version } from './version-backends.ts';
import { startVersionLoad } from './version-load.ts';
import type { VersionLoad } from './version-load.ts';

const names = ['n1', 'n2', 'n3'];
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Three nodes, each with a copy of the file, under load. */
async function startNodes(more: { env?: Record<string, string>; config?: GatewayConfigInput } = {}) {
  const backends = await startFileBackends();
  closers.push(() => backends.close());
  const nodes: MeasuredGateway[] = [];
  for (const name of names) {
    const node = await MeasuredGateway.start({ name, backends, version: 'v1', ...more });
    closers.push(() => node.process.remove());
    nodes.push(node);
  }
  onTestFailed(() => console.log(nodes.map(({ process }) => process.output.slice(-3000)).join('\n---\n')));
  const loads = nodes.map(({ process }) => startVersionLoad(process.proxyPort, 'v1'));
  return { nodes, loads };
}

const allow = (loads: readonly VersionLoad[], ...versions: Version[]): void => {
  for (const load of loads) load.allow(...versions);
};

/** Every answer from now on is of this version. */
async function expectAll(loads: readonly VersionLoad[], version: Version): Promise<void> {
  allow(loads, version);
  for (const load of loads) expect(new Set(await load.more(30))).toEqual(new Set([version]));
}

/** How far each node says that its copy is behind. */
async function behindOf(node: MeasuredGateway): Promise<number | undefined> {
  const health = (await node.process.health()) as { readonly file?: { readonly behind: number } } | undefined;
  return health?.file?.behind;
}

test('three nodes with one store: their files change at different moments, and one is killed', async () => {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  closers.push(() => Promise.all([redis.stop(), postgres.stop()]));
  const env = { DATABASE_URL: postgres.url(), REDIS_URL: redis.url };
  const { nodes, loads } = await startNodes({ env });
  const [first, second, third] = nodes;
  await Promise.all(nodes.map((node) => node.waitUntilLive()));

  // The second node sees the commit first: its save is on trial everywhere, and late copies do not take it back.
  allow(loads, 'v1', 'v2');
  await second.save('v2');
  await second.waitFor('onTrial');
  await until('the first to be late', async () => (await behindOf(first)) === 1);
  await first.save('v2');
  await second.waitUntilLive();
  await expectAll(loads, 'v2');

  // The third still has the old file, also after it was killed.
  await loads[2].stop();
  await third.process.kill();
  await third.process.start();
  expect(loads[2].wrong).toEqual([]);
  loads[2] = startVersionLoad(third.process.proxyPort, 'v2');
  await until('the third to be late', async () => (await behindOf(third)) === 1);
  await expectAll(loads, 'v2');

  // A bad commit reaches the third node, which catches up on its way, and then the others.
  await third.save('v2');
  await third.waitUntilLive();
  allow(loads, 'v2', 'bad');
  await third.save('bad');
  const { why } = await third.waitFor('takenBack');
  allow(loads, 'v2');
  for (const node of [first, second]) {
    await node.save('bad');
    await node.waitFor('takenBack', why);
  }
  await expectAll(loads, 'v2');

  // It is reverted: here at once, there later.
  for (const node of nodes) await node.save('v2');
  for (const node of nodes) await node.waitUntilLive();

  // A save during a trial, seen in another order.
  allow(loads, 'v2', 'v3', 'v1');
  await first.save('v3');
  await first.waitFor('onTrial');
  await first.save('v1');
  await second.save('v3');
  await second.save('v1');
  await third.save('v1');
  for (const node of nodes) await node.waitUntilLive();
  await expectAll(loads, 'v1');
  for (const load of loads) expect(await load.stop()).toEqual([]);
});

test('three nodes with stores of their own: each judges its traffic, all give a save the same id', async () => {
  const { nodes, loads } = await startNodes();
  allow(loads, 'v1', 'v2');
  const trials: string[] = [];
  for (const node of nodes) {
    await node.save('v2');
    trials.push((await node.waitFor('onTrial')).deploymentId);
  }
  expect(new Set(trials).size).toBe(1);
  for (const node of nodes) await node.waitUntilLive();
  await expectAll(loads, 'v2');
  allow(loads, 'v2', 'bad');
  for (const node of nodes.toReversed()) await node.save('bad');
  for (const node of nodes) await node.waitFor('takenBack');
  await expectAll(loads, 'v2');
  for (const load of loads) expect(await load.stop()).toEqual([]);
});
