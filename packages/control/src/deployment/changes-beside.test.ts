import type { RouteDocument, Unchecked } from '@sluice/model';
import { deploymentSettings } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import { deployments } from './collections.ts';
import type { Deployment } from './deployment.ts';
import type { Actor } from './apply-action.ts';
import type { RequestedDeployment } from './candidates.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };
const phases = [10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '2s' }));

let world: ControlWorld;
let control: ControlProcess;

beforeEach(async () => {
  world = new ControlWorld({ approvalFor: ['Production'] });
  control = await world.process();
  for (const name of ['orders', 'carts']) {
    await control.configuration.createRoute(routeDocument(name), { author: anna });
  }
});

function wanted(
  settings: object = {},
  route: Unchecked<RouteDocument> = { version: '2.0' },
  routeId = 'orders',
): RequestedDeployment {
  const routes = [{ routeId, route: routeDocument(routeId, { timeoutSeconds: 7, ...route }) }];
  return { routes, settings: deploymentSettings.parse({ phases, ...settings }) };
}

const create = (requested: RequestedDeployment) => control.deployments.create(requested, { actor: anna });
const get = (deploymentId: string) => control.deployments.get(deploymentId);
const pass = (seconds: number) => world.pass(seconds, [control]);

describe('between the request and the beginning', () => {
  const approve = (deploymentId: string) => control.deployments.act(deploymentId, { kind: 'approve' }, { actor: bert });
  const waiting = async (settings: object = {}) => {
    world.config.environment = 'Production';
    return create(wanted(settings));
  };
  const urgently = { author: anna, emergency: true } as const;

  test('an approval is for what was looked at: a route that was changed meanwhile is not put back', async () => {
    const { deploymentId } = await waiting();
    await control.configuration.updateRoute('orders', { timeoutSeconds: 9 }, urgently);
    await expect(approve(deploymentId)).rejects.toThrow(/route orders was changed by revision 3 since/);
    await pass(2);
    expect(await get(deploymentId)).toMatchObject({ status: 'AwaitingApproval' });
    expect(control.configuration.route('orders')?.document['timeoutSeconds']).toBe(9);
  });

  test.each(['Canary', 'Direct'])('a route that went stays gone: %s', async (strategy) => {
    const { deploymentId } = await waiting({ strategy, ...(strategy === 'Direct' && { phases: undefined }) });
    await control.configuration.removeRoute('orders', urgently);
    await expect(approve(deploymentId)).rejects.toThrow(/route orders was removed since/);
    expect(control.configuration.route('orders')).toBeUndefined();
  });

  test('a route that was removed and made anew as another one is another one', async () => {
    const { deploymentId } = await waiting();
    await control.configuration.removeRoute('orders', urgently);
    await control.configuration.createRoute(routeDocument('orders', { timeoutSeconds: 9 }), urgently);
    await expect(approve(deploymentId)).rejects.toThrow(/route orders was changed/);
  });

  test('a new route that somebody else made meanwhile is not run over', async () => {
    world.config.environment = 'Production';
    const settings = deploymentSettings.parse({ strategy: 'Direct' });
    const { deploymentId } = await create({ routes: [{ routeId: 'users', route: routeDocument('users') }], settings });
    await control.configuration.createRoute(routeDocument('users', { timeoutSeconds: 9 }), urgently);
    await expect(approve(deploymentId)).rejects.toThrow(/route users was changed/);
  });

  test('a shared backend that was changed meanwhile was not looked at', async () => {
    await control.configuration.createBackend({ name: 'pool', url: 'http://10.0.0.9:80' }, { author: anna });
    world.config.environment = 'Production';
    const { deploymentId } = await create(wanted({}, { version: '2.0', backends: [{ backendId: 'pool' }] }));
    // No route uses it yet, so that it may be changed.
    await control.configuration.updateBackend('pool', { url: 'http://10.6.6.6:80' }, { author: anna });
    await expect(approve(deploymentId)).rejects.toThrow(/backend pool, which the new version of route orders uses/);
  });

  test('a change between the approval and the beginning is not put back either', async () => {
    const { deploymentId } = await waiting();
    await control.deployments.setLine({ stopped: true }, { actor: anna });
    await approve(deploymentId);
    await control.configuration.updateRoute('orders', { timeoutSeconds: 9 }, urgently);
    await control.deployments.setLine({ stopped: false }, { actor: anna });
    await pass(2);
    const now = await get(deploymentId);
    expect(now).toMatchObject({ status: 'Cancelled' });
    expect(now.rollbackReason).toContain('route orders was changed by revision 3 since it was requested');
    expect(control.configuration.route('orders')?.document['timeoutSeconds']).toBe(9);
  });

  test('one that waits for its turn, and was approved by nobody, puts nothing back', async () => {
    await control.deployments.setLine({ stopped: true }, { actor: anna });
    const { deploymentId } = await create(wanted());
    await control.configuration.updateRoute('orders', { timeoutSeconds: 9 }, urgently);
    await control.deployments.setLine({ stopped: false }, { actor: anna });
    await pass(2);
    expect(await get(deploymentId)).toMatchObject({ status: 'Cancelled' });
    expect(control.configuration.route('orders')?.document['timeoutSeconds']).toBe(9);
  });

  test('what was kept by a Sluice that did not note what was looked at is asked for anew', async () => {
    const { deploymentId } = await waiting();
    const { version, body } = (await world.store.get(deployments, deploymentId))!;
    const { routes } = body.deployment as unknown as Deployment;
    const old = { ...body.deployment, routes: routes.map(({ lookedAt: _lookedAt, ...route }) => route) };
    const put = { kind: 'put', collection: deployments, id: deploymentId, expect: version } as const;
    await world.store.commit([{ ...put, body: { ...body, deployment: old } }]);
    await expect(approve(deploymentId)).rejects.toThrow(/is not known/);
  });

  test('nobody begins without an approval in what has become an environment that wants one', async () => {
    await control.deployments.setLine({ stopped: true }, { actor: anna });
    const { deploymentId } = await create(wanted());
    world.config.environment = 'Production';
    await control.deployments.setLine({ stopped: false }, { actor: anna });
    await pass(2);
    const now = await get(deploymentId);
    expect(now).toMatchObject({ status: 'Cancelled' });
    expect(now.rollbackReason).toContain('route orders is part of Production now');
  });

  test('the stable version is the one that serves when it begins', async () => {
    const first = await create(wanted());
    const second = await create(wanted({ onConflict: 'wait' }, { version: '3.0' }));
    expect(second.routes[0].stableVersion).toBe('1.0');
    const all = { kind: 'promote', targetPercentage: 100 } as const;
    await control.deployments.act(first.deploymentId, all, { actor: anna });
    await pass(2);
    expect((await get(second.deploymentId)).routes[0].stableVersion).toBe('2.0');
  });

  test('another capitalisation of an environment is no way past those who approve', async () => {
    world.config.environment = 'production';
    expect((await create(wanted())).status).toBe('AwaitingApproval');
  });
});

describe('while it runs', () => {
  test('a file that takes the routes over ends it', async () => {
    const { deploymentId } = await create(wanted());
    const { routes } = await control.configuration.export();
    control.configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
    const author = { kind: 'file', name: 'sluice.yaml' } as const;
    await control.configuration.apply({ routes, backends: [] }, { author, prune: true });
    expect(control.configuration.route('orders')?.document['split']).toBeUndefined();
    await pass(12);
    const now = await get(deploymentId);
    expect(now).toMatchObject({ status: 'Failed' });
    expect(now.rollbackReason).toContain('route orders was changed while it was being deployed');
  });

  test('somebody can roll it back although a file owns the routes', async () => {
    const { deploymentId } = await create(wanted());
    control.configuration.setOwner({ kind: 'file', file: 'sluice.yaml' });
    await control.deployments.act(deploymentId, { kind: 'rollback', reason: 'x' }, { actor: anna });
    expect(control.configuration.route('orders')?.document['split']).toBeUndefined();
  });

  test('a shared backend that only the candidate uses is not taken away by a whole configuration', async () => {
    await control.configuration.createBackend({ name: 'shared', url: 'http://10.0.0.9:80' }, { author: anna });
    await create(wanted({}, { version: '2.0', backends: [{ backendId: 'shared' }] }));
    const { routes } = await control.configuration.export();
    const applied = control.configuration.apply({ routes, backends: [] }, { author: anna, prune: true });
    await expect(applied).rejects.toThrow(/route orders, which is being deployed, uses it/);
  });

  test('a clock that is put back an hour delays no rollback', async () => {
    const { deploymentId } = await create(wanted({ phases: [{ trafficPercentage: 50, duration: '2h' }] }));
    await pass(5);
    world.now -= 3_600_000;
    world.traffic.behaviour.set(deploymentId, { errorRate: 1, latencyMs: 10 });
    await pass(10);
    const now = await get(deploymentId);
    expect(now).toMatchObject({ status: 'RolledBack' });
    expect(now.verdict?.window.seconds).toBeGreaterThanOrEqual(0);
  });

  test('one that is damaged keeps none of the others waiting', async () => {
    const damaged = await create(wanted({}, { version: '2.0' }, 'carts'));
    const { deploymentId } = await create(wanted());
    const { version, body } = (await world.store.get(deployments, damaged.deploymentId))!;
    const deployment = { ...body.deployment, phases: [] };
    const put = { kind: 'put', collection: deployments, id: damaged.deploymentId, expect: version } as const;
    await world.store.commit([{ ...put, body: { ...body, deployment } }]);
    world.traffic.behaviour.set(deploymentId, { errorRate: 1, latencyMs: 10 });
    await pass(10);
    expect(await get(deploymentId)).toMatchObject({ status: 'RolledBack' });
  });

  test('the time to warm up begins anew after a pause', async () => {
    for (const node of world.traffic.nodes.values()) node.ready = false;
    const { deploymentId } = await create(wanted({ strategy: 'BlueGreen', phases: undefined }));
    await control.deployments.act(deploymentId, { kind: 'pause' }, { actor: anna });
    await pass(300);
    await control.deployments.act(deploymentId, { kind: 'resume' }, { actor: anna });
    await pass(2);
    expect(await get(deploymentId)).toMatchObject({ status: 'InProgress' });
  });

  test('a phase is not approved into a stopped line', async () => {
    const guarded = [phases[0], { ...phases[1], approval: true }];
    const { deploymentId } = await create(wanted({ phases: guarded }));
    await control.deployments.act(deploymentId, { kind: 'promote' }, { actor: anna });
    await control.deployments.setLine({ stopped: true, reason: 'fire' }, { actor: anna });
    const approval = control.deployments.act(deploymentId, { kind: 'approve' }, { actor: bert });
    await expect(approval).rejects.toThrow('The line is stopped by anna: fire.');
  });

  test('an emergency waits for no approval of a phase either', async () => {
    const guarded = [phases[0], { ...phases[1], approval: true }];
    const { deploymentId } = await create(wanted({ phases: guarded, emergency: true, reason: 'fire' }));
    const promoted = await control.deployments.act(deploymentId, { kind: 'promote' }, { actor: anna });
    expect(promoted).toMatchObject({ status: 'InProgress', percentage: 50 });
  });

  test('there are never more open ones than somebody looks at', async () => {
    const { deploymentId } = await create(wanted({}, { environment: 'Production' }, 'carts'));
    const { body } = (await world.store.get(deployments, deploymentId))!;
    const others = Array.from({ length: 999 }, (_, index) => ({
      kind: 'put' as const,
      collection: deployments,
      id: `other-${index}`,
      expect: 'absent' as const,
      body: { ...body, deployment: { ...body.deployment, deploymentId: `other-${index}` } },
    }));
    await world.store.commit(others);
    await expect(create(wanted())).rejects.toThrow('1000 deployments run or wait already');
  });

  test('nearly all of a phase that needs an approval needs it too', async () => {
    const guarded = [phases[0], { ...phases[2], approval: true }];
    const { deploymentId } = await create(wanted({ phases: guarded }));
    const promoted = control.deployments.act(
      deploymentId,
      { kind: 'promote', targetPercentage: 99.99 },
      { actor: anna },
    );
    await expect(promoted).rejects.toThrow('needs an approval');
  });
});
