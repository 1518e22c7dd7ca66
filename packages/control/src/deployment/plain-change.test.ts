import type { RouteDocument, Unchecked } from '@sluice/model';
import { beforeEach, expect, test } from 'vitest';
import { deploymentSettings } from '@sluice/model';
import type { Actor } from './apply-action.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const missing = { routeId: 'orders', isCandidate: false, reason: 'tls.caFile: there is no such file' };

let world: ControlWorld;
let control: ControlProcess;

beforeEach(async () => {
  world = new ControlWorld();
  world.hasNodes = true;
  control = await world.process();
  await control.configuration.createRoute(routeDocument('orders'), { author: anna });
  nodes(1, 1);
});

/** What both nodes run. */
function nodes(...revisions: readonly [number, number]): void {
  for (const [index, revision] of revisions.entries()) {
    world.traffic.nodes.set(`n${index + 1}`, { live: true, ready: true, revision });
  }
}

const put = (patch: Unchecked<RouteDocument>) =>
  control.configuration.updateRoute('orders', patch, {
    author: anna,
    alongside: (outcome) => control.deployments.recordPlain({ outcome, author: anna }),
  });
const pass = (seconds: number) => world.pass(seconds, [control]);
const records = async () => (await control.deployments.list({ routeId: 'orders', limit: 10, offset: 0 })).items;
const texts = async (deploymentId: string) =>
  (await control.deployments.events(deploymentId, { after: 0, limit: 10 })).map(({ text }) => text);

test('a plain change completes once every live node runs it', async () => {
  await put({ priority: 1 });
  await pass(5);
  expect(await records()).toMatchObject([{ isPlain: true, status: 'InProgress', percentage: 100 }]);
  nodes(2, 1);
  await pass(2);
  expect(await records()).toMatchObject([{ status: 'InProgress' }]);
  nodes(2, 2);
  await pass(2);
  const [record] = await records();
  expect(record).toMatchObject({ status: 'Completed', percentage: 100, phases: [{ status: 'Completed' }] });
  expect(await texts(record.deploymentId)).toEqual([
    'Changed directly by anna: orders.',
    'Completed: orders version 1.0 serves all traffic.',
  ]);
});

test('a node that is gone is not waited for; with none there is nothing to wait for', async () => {
  await put({ priority: 1 });
  nodes(2, 2);
  world.traffic.nodes.set('n1', { live: false, ready: false, revision: 1 });
  await pass(5);
  world.hasNodes = false;
  await put({ priority: 2 });
  expect((await records()).map(({ status }) => status)).toEqual(['Completed', 'Completed']);
});

test('a plain change that a node cannot run has failed there, says why, and stays as it is', async () => {
  await put({ priority: 1 });
  nodes(2, 2);
  world.traffic.nodes.set('n2', { live: true, ready: true, revision: 2, faults: [missing] });
  await pass(5);
  const reason = 'out of service on n2: route orders: tls.caFile: there is no such file; the change stays as it is';
  expect(await records()).toMatchObject([
    { status: 'Failed', percentage: 100, phases: [{ status: 'Completed' }], rollbackReason: reason },
  ]);
  expect(control.configuration.route('orders')?.document).toMatchObject({ priority: 1 });
  expect(control.configuration.revision).toBe(2);
});

test('a change that mends what a node could not run is not held against it', async () => {
  world.traffic.nodes.set('n2', { live: true, ready: true, revision: 1, faults: [missing] });
  await put({ priority: 1 });
  await pass(5);
  expect(await records()).toMatchObject([{ status: 'InProgress' }]);
  nodes(2, 2);
  await pass(2);
  expect(await records()).toMatchObject([{ status: 'Completed' }]);
});

test('a live node that never runs it is named in the end', async () => {
  await put({ priority: 1 });
  nodes(2, 1);
  await pass(2);
  world.now += 10 * 60_000;
  await pass(2);
  const rollbackReason = 'n2 did not run it within 10m; the change stays as it is';
  expect(await records()).toMatchObject([{ status: 'Failed', rollbackReason }]);
});

test('what nodes have yet to run is in nobody’s way, and nothing can be done to it', async () => {
  await put({ priority: 1 });
  await put({ priority: 2 });
  const plain = await records();
  expect(plain.map(({ status }) => status)).toEqual(['InProgress', 'InProgress']);
  for (const kind of ['pause', 'rollback', 'promote'] as const) {
    const done = control.deployments.act(plain[0].deploymentId, { kind, reason: 'no' }, { actor: anna });
    await expect(done).rejects.toThrow('is a plain change, which is live already');
  }
  const routes = [{ routeId: 'orders', route: routeDocument('orders', { version: '2.0', priority: 2 }) }];
  const requested = { routes, settings: deploymentSettings.parse({}) };
  expect(await control.deployments.create(requested, { actor: anna })).toMatchObject({ status: 'InProgress' });
});

test('a new leader listens to the nodes before it takes a change for one that they run', async () => {
  await put({ priority: 1 });
  const next = await world.process();
  next.leading = true;
  control.leading = false;
  const known = new Map(world.traffic.nodes);
  world.traffic.nodes.clear();
  await world.pass(1, [next]);
  expect(await records()).toMatchObject([{ status: 'InProgress' }]);
  for (const [id, node] of known) world.traffic.nodes.set(id, node);
  await world.pass(5, [next]);
  expect(await records()).toMatchObject([{ status: 'InProgress' }]);
  nodes(2, 2);
  await world.pass(2, [next]);
  expect(await records()).toMatchObject([{ status: 'Completed' }]);
});
