import type { RouteDocument, Unchecked } from '@sluice/model';
import { deploymentSettings } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationConflictError, NotFoundError, ValidationError } from '../configuration/index.ts';
import type { Actor } from './apply-action.ts';
import type { RequestedDeployment } from './candidates.ts';
import { ForbiddenActionError } from './errors.ts';
import { pruneDeployments } from './prune-deployments.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };
const phases = [10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '2s' }));
const analysis = { minRequests: 20, maxWait: '10s' };

let world: ControlWorld;
let control: ControlProcess;

beforeEach(async () => {
  world = new ControlWorld();
  control = await world.process();
  for (const name of ['orders', 'carts']) {
    await control.configuration.createRoute(routeDocument(name), { author: anna });
  }
});

function wanted(
  settings: object = {},
  route: Unchecked<RouteDocument> = { version: '2.0', timeoutSeconds: 7 },
): RequestedDeployment {
  return {
    routes: [{ routeId: 'orders', route: routeDocument('orders', route) }],
    settings: deploymentSettings.parse({ phases, analysis, ...settings }),
  };
}

const create = (requested: RequestedDeployment, actor = anna) => control.deployments.create(requested, { actor });
const document = (id = 'orders'): RouteDocument => control.configuration.route(id)!.document;
const pass = (seconds: number) => world.pass(seconds, [control]);

describe('creating', () => {
  test('begins at once, in one revision that says why', async () => {
    const { revision } = control.configuration;
    const made = await create(wanted());
    expect(made).toMatchObject({
      status: 'InProgress',
      percentage: 10,
      routes: [{ configVersion: '2.0', stableVersion: '1.0' }],
    });
    expect(control.configuration.revision).toBe(revision + 1);
    expect(document()).toMatchObject({
      timeoutSeconds: 30,
      split: { percentage: 10, candidate: { timeoutSeconds: 7 } },
    });
    const { items } = await control.configuration.revisions({ offset: 0, limit: 1 });
    expect(items[0].reason).toContain(`${made.deploymentId}: Phase 1 of 3`);
  });

  test('a dry run says what would be, and changes nothing', async () => {
    const { revision } = control.configuration;
    const preview = await control.deployments.create(wanted(), { actor: anna, dryRun: true });
    expect(preview.status).toBe('InProgress');
    expect(control.configuration.revision).toBe(revision);
    expect((await control.deployments.list({ limit: 10, offset: 0 })).total).toBe(0);
  });

  test('a version that was stored before is named', async () => {
    await control.configuration.refresh();
    const unknown = { ...wanted(), routes: [{ routeId: 'orders', configVersion: '9' }] };
    await expect(create(unknown)).rejects.toThrow(NotFoundError);
    await expect(create({ ...wanted(), routes: [{ routeId: 'orders' }] })).rejects.toThrow(
      /configVersion names a stored/,
    );
  });

  test('everything that is wrong is said at once, with its path', async () => {
    const error = await create(
      wanted({ phases: [{ trafficPercentage: 50 }, { trafficPercentage: 10 }] }, { priority: 1000 }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValidationError);
    expect(String(error)).toMatch(/phases\[1\]\.trafficPercentage: .*ascending/);
    expect(String(error)).toMatch(/route\.priority/);
  });

  test('versions that match other requests cannot be compared', async () => {
    await expect(create(wanted({}, { pathPattern: '/other/**' }))).rejects.toThrow(/route\.pathPattern: .*Direct/);
    const direct = wanted({ strategy: 'Direct', phases: undefined }, { pathPattern: '/other/**' });
    expect((await create(direct)).status).toBe('Completed');
    expect(document()['pathPattern']).toBe('/other/**');
  });

  test('a route that is disabled has no traffic to divide', async () => {
    await control.configuration.updateRoute('orders', { isEnabled: false }, { author: anna });
    await expect(create(wanted({}, { isEnabled: false, timeoutSeconds: 7 }))).rejects.toThrow(
      /route\.isEnabled: .*Direct/,
    );
  });

  test('what is live already is no deployment', async () => {
    await expect(create(wanted({}, {}))).rejects.toThrow(/nothing to deploy/);
  });

  test('a route that does not exist yet is brought in directly', async () => {
    const fresh = { ...wanted(), routes: [{ routeId: 'users', route: routeDocument('users') }] };
    await expect(create(fresh)).rejects.toThrow(/does not exist yet/);
    const direct = { ...fresh, settings: deploymentSettings.parse({ strategy: 'Direct' }) };
    expect((await create(direct)).status).toBe('Completed');
    expect(document('users')['pathPattern']).toBe('/users/**');
  });

  test('a gate that asks Prometheus needs to know where that is', async () => {
    const gates = [{ type: 'prometheus', name: 'queue', query: 'queue_length', above: 100 }];
    await expect(create(wanted({ gates }))).rejects.toThrow(/gates\[0\]\.type: .*deployments\.prometheus/);
  });

  test('an emergency is for admins, with a reason', async () => {
    const urgent = { emergency: true, reason: 'the shop is down' };
    world.config.environment = 'Production';
    await expect(create(wanted(urgent), bert)).rejects.toThrow(ForbiddenActionError);
    await expect(create(wanted({ emergency: true }))).rejects.toThrow(/needs a reason/);
    expect((await create(wanted(urgent))).approval.status).toBe('NotRequired');
  });
});

describe('two deployments of one route', () => {
  test('the second is refused unless it says otherwise', async () => {
    const first = await create(wanted());
    await expect(create(wanted({}, { version: '3.0', timeoutSeconds: 8 }))).rejects.toThrow(first.deploymentId);
  });

  test('it waits, and begins when the first has ended', async () => {
    const first = await create(wanted());
    const second = await create(wanted({ onConflict: 'wait' }, { version: '3.0', timeoutSeconds: 8 }));
    expect(second).toMatchObject({
      status: 'Pending',
      waitingFor: `Waits for deployment ${first.deploymentId} to end.`,
    });
    await control.deployments.act(first.deploymentId, { kind: 'rollback', reason: 'no' }, { actor: anna });
    await pass(3);
    expect(document().split?.deploymentId).toBe(second.deploymentId);
  });

  test('it takes the place of the first in one revision', async () => {
    const first = await create(wanted());
    const { revision } = control.configuration;
    const second = await create(wanted({ onConflict: 'supersede' }, { version: '3.0', timeoutSeconds: 8 }));
    expect(control.configuration.revision).toBe(revision + 1);
    expect(await control.deployments.get(first.deploymentId)).toMatchObject({
      status: 'Cancelled',
      supersededBy: second.deploymentId,
    });
    expect(second.supersedes).toEqual([first.deploymentId]);
    expect(document()).toMatchObject({ timeoutSeconds: 30, split: { deploymentId: second.deploymentId } });
  });
});

describe('several routes in one deployment', () => {
  test('go forward and back together', async () => {
    const routes = ['orders', 'carts'].map((routeId) => ({
      routeId,
      route: routeDocument(routeId, { version: '2.0', timeoutSeconds: 7 }),
    }));
    const made = await create({ ...wanted(), routes });
    for (const id of ['orders', 'carts']) expect(document(id).split?.percentage).toBe(10);
    for (const routeId of ['orders', 'carts', 'users']) {
      const found = await control.deployments.list({ routeId, status: 'InProgress', limit: 10, offset: 0 });
      expect(found.total).toBe(routeId === 'users' ? 0 : 1);
    }
    const { revision } = control.configuration;
    await control.deployments.act(made.deploymentId, { kind: 'rollback', reason: 'no' }, { actor: anna });
    expect(control.configuration.revision).toBe(revision + 1);
    const gone = await control.deployments.list({ routeId: 'carts', status: 'InProgress', limit: 10, offset: 0 });
    expect(gone.total).toBe(0);
    for (const id of ['orders', 'carts']) expect(document(id)).toMatchObject({ timeoutSeconds: 30 });
    for (const id of ['orders', 'carts']) expect(document(id).split).toBeUndefined();
  });
});

describe('promoting', () => {
  test('two who saw the same phase go one phase on, not two', async () => {
    const { deploymentId } = await create(wanted());
    const promote = () =>
      control.deployments.act(deploymentId, { kind: 'promote', fromPhaseIndex: 0 }, { actor: anna });
    expect((await promote()).percentage).toBe(50);
    await expect(promote()).rejects.toThrow(/has gone on to its next phase/);
    expect((await control.deployments.get(deploymentId)).percentage).toBe(50);
  });
});

describe('what holds everything up', () => {
  test('a stopped line: new ones wait, running ones stay, rollbacks go on', async () => {
    const first = await create(wanted());
    await control.deployments.setLine({ stopped: true, reason: 'audit' }, { actor: anna });
    await pass(10);
    expect((await control.deployments.get(first.deploymentId)).percentage).toBe(10);
    const waiting = await create({
      ...wanted(),
      routes: [{ routeId: 'carts', route: routeDocument('carts', { timeoutSeconds: 7 }) }],
    });
    expect(waiting).toMatchObject({ status: 'Pending', waitingFor: 'The line is stopped by anna: audit.' });
    world.traffic.behaviour.set(first.deploymentId, { errorRate: 0.5, latencyMs: 10 });
    await pass(3);
    expect((await control.deployments.get(first.deploymentId)).status).toBe('RolledBack');
    await control.deployments.setLine({ stopped: false }, { actor: bert });
    await pass(2);
    expect((await control.deployments.get(waiting.deploymentId)).status).toBe('InProgress');
  });

  test('a freeze that is over lets them go', async () => {
    const until = new Date(world.now + 5000).toISOString();
    world.config.freeze = [{ name: 'Christmas', from: '2026-01-01T00:00:00Z', until }];
    const made = await create(wanted());
    expect(made.waitingFor).toContain('"Christmas"');
    await pass(4);
    expect((await control.deployments.get(made.deploymentId)).status).toBe('Pending');
    await pass(2);
    expect((await control.deployments.get(made.deploymentId)).status).toBe('InProgress');
  });
});

describe('everybody else', () => {
  test('does not change a route that is being deployed, and takes nothing of it away', async () => {
    const { deploymentId } = await create(wanted());
    const { configuration } = control;
    for (const change of [
      () => configuration.updateRoute('orders', { timeoutSeconds: 9 }, { author: anna }),
      () => configuration.removeRoute('orders', { author: anna }),
      () => configuration.apply({ routes: [routeDocument('carts')], backends: [] }, { author: anna, prune: true }),
      () => configuration.updateBackend('orders~a', { weight: 1 }, { author: anna }),
    ]) {
      await expect(change()).rejects.toThrow(ConfigurationConflictError);
      await expect(change()).rejects.toThrow(deploymentId);
    }
    expect(document().split?.deploymentId).toBe(deploymentId);
  });

  test('brings the same configuration in again without harm, and exports no split', async () => {
    await create(wanted());
    const whole = await control.configuration.export();
    expect(JSON.stringify(whole)).not.toContain('split');
    const { changed } = await control.configuration.apply(whole, { author: anna, prune: true });
    expect(changed).toBe(false);
    expect(document().split).toBeDefined();
  });

  test('an earlier revision that had a split is restored without it', async () => {
    const { deploymentId } = await create(wanted());
    const { revision } = control.configuration;
    await control.deployments.act(deploymentId, { kind: 'rollback', reason: 'no' }, { actor: anna });
    await control.configuration.updateRoute('orders', { timeoutSeconds: 9 }, { author: anna });
    await control.configuration.restore(revision, { author: anna });
    expect(document()).toMatchObject({ timeoutSeconds: 30 });
    expect(document().split).toBeUndefined();
  });

  test('cannot write a split by hand', async () => {
    const split = { deploymentId: 'mine', epoch: 1, percentage: 50, candidate: routeDocument('orders') };
    await expect(control.configuration.updateRoute('orders', { split }, { author: anna })).rejects.toThrow(
      /split: unknown field/,
    );
  });
});

test('what ended long ago is let go of with its events', async () => {
  const { deploymentId } = await create(wanted());
  await control.deployments.act(deploymentId, { kind: 'rollback', reason: 'no' }, { actor: anna });
  const guard = () => [];
  const endedBefore = new Date(world.now);
  expect(await pruneDeployments(world.store, { endedBefore, guard })).toBe(0);
  expect(await pruneDeployments(world.store, { endedBefore: new Date(world.now + 1), guard })).toBe(1);
  await expect(control.deployments.get(deploymentId)).rejects.toThrow(NotFoundError);
  expect(await control.deployments.events(deploymentId, { after: 0, limit: 10 })).toEqual([]);
});
