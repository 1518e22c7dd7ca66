import type { RouteDocument, Unchecked } from '@sluice/model';
import { deploymentSettings } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store/index.ts';
import { deliveryLine } from './collections.ts';
import type { Actor } from './apply-action.ts';
import type { RequestedDeployment } from './candidates.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };
const phases = [10, 50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '2s' }));

let world: ControlWorld;
let control: ControlProcess;
let other: ControlProcess;

beforeEach(async () => {
  world = new ControlWorld({ approvalFor: ['Production'] });
  control = await world.process();
  await control.configuration.createRoute(routeDocument('orders'), { author: anna });
  other = await world.process();
});

function wanted(settings: object = {}, route: Unchecked<RouteDocument> = { version: '2.0' }): RequestedDeployment {
  const routes = [{ routeId: 'orders', route: routeDocument('orders', { timeoutSeconds: 7, ...route }) }];
  return { routes, settings: deploymentSettings.parse({ phases, ...settings }) };
}

const waiting = (version: string) => wanted({ onConflict: 'wait' }, { version });
const create = (requested: RequestedDeployment, on = control) => on.deployments.create(requested, { actor: anna });
const all = async () => (await control.deployments.list({ limit: 100, offset: 0 })).items;
const statuses = async () => (await all()).map(({ status }) => status).toSorted();
const outcomes = async (work: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map(({ status }) => status).toSorted();

describe('creating', () => {
  test.each(['another process', 'the same'])('one of two begins; the other one is on %s', async (where) => {
    const second = where === 'the same' ? control : other;
    const made = [create(wanted()), create(wanted({}, { version: '3.0' }), second)];
    expect(await outcomes(made)).toEqual(['fulfilled', 'rejected']);
    expect(await statuses()).toEqual(['InProgress']);
  });

  test('of twenty that supersede one another one is left, and has the route', async () => {
    const made = Array.from({ length: 20 }, (_, index) =>
      create(wanted({ onConflict: 'supersede' }, { version: `2.${index}` }), index % 2 === 0 ? control : other),
    );
    await Promise.all(made);
    const open = (await all()).filter(({ status }) => status !== 'Cancelled');
    expect(open).toMatchObject([{ status: 'InProgress' }]);
    await control.configuration.refresh();
    const split = control.configuration.route('orders')?.document?.split;
    expect(split?.['deploymentId']).toBe(open[0].deploymentId);
  });

  test('two that wait since the same millisecond begin one after the other, and neither ends the other', async () => {
    const { deploymentId } = await create(wanted());
    await create(waiting('3.0'));
    await create(waiting('4.0'));
    await control.deployments.act(deploymentId, { kind: 'rollback', reason: 'x' }, { actor: anna });
    await world.pass(3, [control, other]);
    expect(await statuses()).toEqual(['InProgress', 'Pending', 'RolledBack']);
  });

  test('one that would wait ends none that waits for an approval', async () => {
    await create(wanted({}, { environment: 'Production' }));
    await create(waiting('3.0'));
    expect(await statuses()).toEqual(['AwaitingApproval', 'InProgress']);
  });
});

describe('acting', () => {
  test('two who want the next phase get one phase', async () => {
    const { deploymentId } = await create(wanted());
    const promoted = [
      control.deployments.act(deploymentId, { kind: 'promote' }, { actor: anna }),
      other.deployments.act(deploymentId, { kind: 'promote' }, { actor: bert }),
    ];
    expect(await outcomes(promoted)).toEqual(['fulfilled', 'rejected']);
    expect(await control.deployments.get(deploymentId)).toMatchObject({ currentPhaseIndex: 1, percentage: 50 });
  });

  test('who rolls back wins over who promotes', async () => {
    const { deploymentId } = await create(wanted());
    await Promise.allSettled([
      control.deployments.act(deploymentId, { kind: 'promote' }, { actor: anna }),
      other.deployments.act(deploymentId, { kind: 'rollback', reason: 'no' }, { actor: bert }),
    ]);
    expect(await control.deployments.get(deploymentId)).toMatchObject({ status: 'RolledBack', percentage: 0 });
  });

  test('two approvals are one', async () => {
    const { deploymentId } = await create(wanted({}, { environment: 'Production' }));
    const approved = [control, other].map(({ deployments }) =>
      deployments.act(deploymentId, { kind: 'approve' }, { actor: bert }),
    );
    expect(await outcomes(approved)).toEqual(['fulfilled', 'rejected']);
  });
});

/** A store with which a process reads that the line is free, the last thing before it decides; whereupon somebody acts, once. */
function actsWhenRead(isTime: () => boolean, act: () => Promise<unknown>): Store {
  const { store } = world;
  let hasActed = false;
  const get: Store['get'] = async (collection, id) => {
    const found = await store.get(collection, id);
    if (collection.name === deliveryLine.name && isTime() && !hasActed) {
      hasActed = true;
      await act();
    }
    return found;
  };
  return {
    kind: store.kind,
    isShared: store.isShared,
    isTemporary: store.isTemporary,
    get,
    find: (...args) => store.find(...args),
    commit: (...args) => store.commit(...args),
    dump: () => store.dump(),
    load: (...args) => store.load(...args),
    close: () => store.close(),
  };
}

describe('rolling back', () => {
  test('just before a step that was decided, is no failure: the step is not done, and nobody is told of one', async () => {
    const { deploymentId } = await create(wanted());
    let isTime = false;
    const rollBack = () => control.deployments.act(deploymentId, { kind: 'rollback', reason: 'no' }, { actor: bert });
    const late = await world.process(actsWhenRead(() => isTime, rollBack));
    [control.leading, late.leading] = [false, true];
    await world.pass(2, [control, late]);
    isTime = true;
    await world.pass(5, [control, late]);
    expect(world.errors).toEqual([]);
    const now = await late.deployments.get(deploymentId);
    expect(now).toMatchObject({ status: 'RolledBack', rollbackReason: 'no', endedBy: 'bert' });
  });
});

describe('stopping the line', () => {
  const stop = () => control.deployments.setLine({ stopped: true, reason: 'fire' }, { actor: anna });

  test('holds a step that was decided a moment before', async () => {
    const { deploymentId } = await create(wanted());
    let isTime = false;
    const late = await world.process(actsWhenRead(() => isTime, stop));
    [control.leading, late.leading] = [false, true];
    // Its phase is over with the next look.
    await world.pass(2, [control, late]);
    expect(await late.deployments.get(deploymentId)).toMatchObject({ percentage: 10 });
    isTime = true;
    await world.pass(5, [control, late]);
    const now = await late.deployments.get(deploymentId);
    expect(now).toMatchObject({ percentage: 10, waitingFor: 'The line is stopped by anna: fire.' });
  });

  test('holds a promotion that was asked for a moment before', async () => {
    const { deploymentId } = await create(wanted());
    const late = await world.process(actsWhenRead(() => true, stop));
    const promoted = late.deployments.act(deploymentId, { kind: 'promote' }, { actor: bert });
    await expect(promoted).rejects.toThrow('The line is stopped by anna: fire.');
  });
});
