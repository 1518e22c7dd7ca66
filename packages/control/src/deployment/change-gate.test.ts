import type { RouteDocument, Unchecked } from '@sluice/model';
import { deploymentSettings } from '@sluice/model';
import { beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationConflictError } from '../configuration/index.ts';
import type { ChangeContext } from '../configuration/index.ts';
import type { Store } from '../store/index.ts';
import type { Actor } from './apply-action.ts';
import { ControlWorld, routeDocument } from './testing/control-world.ts';
import type { ControlProcess } from './testing/control-world.ts';

const anna: Actor = { kind: 'user', name: 'anna', isAdmin: true };
const bert: Actor = { kind: 'user', name: 'bert', isAdmin: false };
const plainly: ChangeContext = { author: anna };
const urgently: ChangeContext = { author: anna, emergency: true };
const pool = { name: 'pool', url: 'http://10.0.0.9:80' };

let world: ControlWorld;
let control: ControlProcess;

beforeEach(async () => {
  world = new ControlWorld({ approvalFor: ['Production'] });
  control = await world.process();
  await control.configuration.createBackend(pool, plainly);
  await control.configuration.createRoute(routeDocument('orders', { backends: [{ backendId: 'pool' }] }), plainly);
  await control.configuration.createRoute(routeDocument('carts'), plainly);
});

/** Every way to change what is live without a deployment. */
function doors(): readonly (readonly [string, (context: ChangeContext) => Promise<unknown>])[] {
  const { configuration } = control;
  const other = routeDocument('orders', { timeoutSeconds: 9 });
  return [
    ['make a route', (context) => configuration.createRoute(routeDocument('users'), context)],
    ['change a route', (context) => configuration.updateRoute('orders', { timeoutSeconds: 9 }, context)],
    ['remove a route', (context) => configuration.removeRoute('carts', context)],
    [
      'add a backend',
      (context) => configuration.createBackend({ ...pool, name: 'b' }, { ...context, routeId: 'carts' }),
    ],
    ['change a backend of a route', (context) => configuration.updateBackend('carts~a', { weight: 1 }, context)],
    ['switch a shared backend off', (context) => configuration.updateBackend('pool', { isEnabled: false }, context)],
    ['apply', (context) => configuration.apply({ routes: [other], backends: [] }, { ...context, prune: false })],
    ['prune', (context) => configuration.apply({ routes: [], backends: [] }, { ...context, prune: true })],
    ['restore', (context) => configuration.restore(1, context)],
  ];
}

const names = [
  'make a route',
  'change a route',
  'remove a route',
  'add a backend',
  'change a backend of a route',
].concat(['switch a shared backend off', 'apply', 'prune', 'restore']);

function through(name: string, context: ChangeContext): Promise<unknown> {
  const door = doors().find(([each]) => each === name);
  return door![1](context);
}

describe.each(names)('%s', (name) => {
  test('waits while the line is stopped, unless it is an emergency', async () => {
    await control.deployments.setLine({ stopped: true, reason: 'fire' }, { actor: bert });
    const { revision } = control.configuration;
    await expect(through(name, plainly)).rejects.toThrow(ConfigurationConflictError);
    await expect(through(name, plainly)).rejects.toThrow(/stopped by bert: fire.*sluice line free.*emergency=true/);
    expect(control.configuration.revision).toBe(revision);
    await through(name, urgently);
    expect(control.configuration.revision).toBe(revision + 1);
  });

  test('waits for the end of a freeze, unless it is an emergency', async () => {
    const until = new Date(world.now + 5000).toISOString();
    world.config.freeze = [{ name: 'Christmas', from: '2026-01-01T00:00:00Z', until }];
    await expect(through(name, plainly)).rejects.toThrow(`The freeze "Christmas" holds until ${until}`);
    await through(name, urgently);
  });

  test('is not done where another person has to approve, unless it is an emergency', async () => {
    world.config.environment = 'Production';
    await expect(through(name, plainly)).rejects.toThrow(/is part of Production, where another person approves/);
    await through(name, urgently);
  });
});

test('a dry run says that it would be refused, and by whom it may be done', async () => {
  await control.deployments.setLine({ stopped: true }, { actor: bert });
  const outcome = await control.configuration.updateRoute(
    'orders',
    { timeoutSeconds: 9 },
    { ...plainly, dryRun: true },
  );
  expect(outcome).toMatchObject({ changed: false, changes: [{ entityId: 'orders' }] });
  expect(outcome.problems).toMatchObject([{ path: [], message: expect.stringContaining('Admins may') as string }]);
});

test('what changes nothing is no change', async () => {
  world.config.environment = 'Production';
  await control.deployments.setLine({ stopped: true }, { actor: bert });
  const { changed } = await control.configuration.apply(await control.configuration.export(), {
    ...plainly,
    prune: true,
  });
  expect(changed).toBe(false);
});

test('a file on the disk of the operator holds as it is', async () => {
  world.config.environment = 'Production';
  await control.deployments.setLine({ stopped: true }, { actor: bert });
  const author = { kind: 'file', name: 'sluice.yaml' } as const;
  const whole = { routes: [routeDocument('orders')], backends: [] };
  expect((await control.configuration.apply(whole, { author, prune: true })).changed).toBe(true);
});

describe('between the look and the commit', () => {
  /** A process for which something happens when it is about to commit a change. */
  async function lateProcess(happens: () => Promise<void>): Promise<ControlProcess> {
    const { store } = world;
    let isTime = true;
    const commit: Store['commit'] = async (writes) => {
      if (isTime && writes.some(({ collection }) => collection.name === 'revisions')) {
        isTime = false;
        await happens();
      }
      return store.commit(writes);
    };
    const find: Store['find'] = (...args) => store.find(...args);
    const get: Store['get'] = (...args) => store.get(...args);
    return world.process({ ...store, kind: store.kind, commit, find, get });
  }

  test('a freeze that begins holds the change', async () => {
    const [from, until] = [new Date(world.now + 1).toISOString(), new Date(world.now + 5000).toISOString()];
    world.config.freeze = [{ name: 'Christmas', from, until }];
    const late = await lateProcess(async () => void (world.now += 1));
    await expect(late.configuration.updateRoute('orders', { priority: 1 }, plainly)).rejects.toThrow('"Christmas"');
  });

  test('a line that is stopped holds the change', async () => {
    const late = await lateProcess(async () => {
      await control.deployments.setLine({ stopped: true }, { actor: bert });
    });
    await expect(late.configuration.updateRoute('orders', { priority: 1 }, plainly)).rejects.toThrow('stopped by bert');
  });

  test('a freeze that begins holds a deployment', async () => {
    const [from, until] = [new Date(world.now + 1).toISOString(), new Date(world.now + 5000).toISOString()];
    world.config.freeze = [{ name: 'Christmas', from, until }];
    const late = await lateProcess(async () => void (world.now += 1));
    const routes = [{ routeId: 'orders', route: routeDocument('orders', { version: '2.0' }) }];
    const made = await late.deployments.create({ routes, settings: deploymentSettings.parse({}) }, { actor: anna });
    expect(made).toMatchObject({ status: 'Pending', waitingFor: expect.stringContaining('"Christmas"') as string });
  });
});

describe('a shared backend', () => {
  const candidate: Unchecked<RouteDocument> = { version: '2.0', backends: [{ backendId: 'pool' }], timeoutSeconds: 7 };

  test('is not changed under a deployment that compares what uses it', async () => {
    const routes = [{ routeId: 'orders', route: routeDocument('orders', candidate) }];
    const settings = deploymentSettings.parse({});
    const { deploymentId } = await control.deployments.create({ routes, settings }, { actor: anna });
    const changed = control.configuration.updateBackend('pool', { weight: 7 }, plainly);
    await expect(changed).rejects.toThrow(`used by a route that ${deploymentId} deploys`);
    await control.configuration.updateBackend('pool', { isEnabled: false }, urgently);
  });

  test('that no route uses is nobody else’s business', async () => {
    world.config.environment = 'Production';
    await control.configuration.createBackend({ ...pool, name: 'spare' }, plainly);
    expect(control.configuration.backend('spare')).toBeDefined();
  });
});

describe('where a route belongs', () => {
  const guarded = { environment: 'Production' };
  const refusal = /is part of Production, where another person approves/;

  beforeEach(async () => {
    await control.configuration.updateRoute('carts', guarded, urgently);
  });

  test('nobody takes a route out of an environment, or puts it into one, alone', async () => {
    const { configuration } = control;
    await expect(configuration.updateRoute('carts', { environment: null }, plainly)).rejects.toThrow(refusal);
    await expect(configuration.updateRoute('carts', { environment: 'Development' }, plainly)).rejects.toThrow(refusal);
    await expect(configuration.updateRoute('orders', guarded, plainly)).rejects.toThrow(refusal);
  });

  test('nobody removes a route to make it anew elsewhere', async () => {
    await expect(control.configuration.removeRoute('carts', plainly)).rejects.toThrow(refusal);
  });

  test('no other route takes its requests', async () => {
    const { configuration } = control;
    const beside = routeDocument('beside', { pathPattern: '/carts/{id}', priority: 100 });
    await expect(configuration.createRoute(beside, plainly)).rejects.toThrow(refusal);
    await expect(configuration.updateRoute('orders', { pathPattern: '/**' }, plainly)).rejects.toThrow(refusal);
    await configuration.createRoute(routeDocument('beside'), plainly);
    await configuration.updateRoute('beside', { timeoutSeconds: 9 }, plainly);
  });

  test('a deployment goes where the route is, and a request cannot say otherwise', async () => {
    const routes = [{ routeId: 'carts', route: routeDocument('carts', { version: '2.0' }) }];
    const create = (settings: object) =>
      control.deployments.create({ routes, settings: deploymentSettings.parse(settings) }, { actor: anna });
    await expect(create({ environment: 'Development' })).rejects.toThrow(
      'environment: route carts is part of Production, according to the configuration: leave this out, or write Production',
    );
    expect(await create({ environment: 'Production' })).toMatchObject({ status: 'AwaitingApproval' });
  });

  test('routes of several environments are deployed one after the other', async () => {
    const routes = ['carts', 'orders'].map((routeId) => ({
      routeId,
      route: routeDocument(routeId, { version: '2.0' }),
    }));
    const made = control.deployments.create({ routes, settings: deploymentSettings.parse({}) }, { actor: anna });
    await expect(made).rejects.toThrow('carts is part of Production, orders of Development');
  });
});

describe('superseding a deployment', () => {
  const phases = [{ trafficPercentage: 10 }, { trafficPercentage: 100, approval: true }];
  const create = (version: string, settings: object, actor = anna) =>
    control.deployments.create(
      {
        routes: [{ routeId: 'orders', route: routeDocument('orders', { version }) }],
        settings: deploymentSettings.parse(settings),
      },
      { actor },
    );

  test('that somebody has to approve needs the agreement of another person', async () => {
    const first = await create('2.0', { phases });
    const second = await create('3.0', { onConflict: 'supersede' }, bert);
    expect(second).toMatchObject({
      status: 'AwaitingApproval',
      waitingFor: expect.stringContaining(`to supersede ${first.deploymentId}`) as string,
    });
    expect(await control.deployments.get(first.deploymentId)).toMatchObject({ status: 'InProgress' });
    await control.deployments.act(second.deploymentId, { kind: 'approve' }, { actor: anna });
    await world.pass(2, [control]);
    expect(await control.deployments.get(first.deploymentId)).toMatchObject({ status: 'Cancelled' });
    expect(await control.deployments.get(second.deploymentId)).toMatchObject({ status: 'InProgress' });
  });

  test('that came while it waited needs it too', async () => {
    await control.deployments.setLine({ stopped: true }, { actor: anna });
    const second = await create('3.0', { onConflict: 'supersede' }, bert);
    const first = await create('2.0', { phases, onConflict: 'wait' });
    await control.deployments.setLine({ stopped: false }, { actor: anna });
    await world.pass(2, [control]);
    expect(await control.deployments.get(second.deploymentId)).toMatchObject({ status: 'AwaitingApproval' });
    expect(await control.deployments.get(first.deploymentId)).not.toMatchObject({ status: 'Cancelled' });
  });

  test('that nobody has to approve needs none', async () => {
    await create('2.0', {});
    expect(await create('3.0', { onConflict: 'supersede' }, bert)).toMatchObject({ status: 'InProgress' });
  });
});
