import { metricText } from '@sluice/service';
import type { RouteDocument } from '@sluice/model';
import { operations } from '@sluice/model/api';
import { beforeEach, expect, test, vi } from 'vitest';
import { deploymentEvents, deployments, hasEnded } from '../deployment/index.ts';
import type { Deployment } from '../deployment/index.ts';
import { planned } from '../deployment/testing/parts.ts';
import type { Body, Store } from '../store/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { Dora } from './dora.ts';

let now: number;
let store: Store;
let dora: Dora;
const warn = vi.fn<(message: string) => void>();

beforeEach(() => {
  now = Date.parse('2026-03-01T12:00:00Z');
  store = createMemoryStore([deployments, deploymentEvents]);
  dora = new Dora({ store, clock: () => now, config: { reworkWithin: 86_400_000 }, log: { warn } });
  warn.mockReset();
});

function minutesAgo(minutes: number): string {
  return new Date(now - minutes * 60_000).toISOString();
}

/** Keeps a deployment as it is kept by what makes them. */
async function keep(deployment: Deployment): Promise<void> {
  const { deploymentId: id, status, environment, routes, strategy, createdAt, completedAt } = deployment;
  const body = {
    status,
    isOpen: !hasEnded(deployment),
    environment,
    strategy,
    createdAt,
    routeId: routes[0].routeId,
    ...(completedAt !== undefined && { completedAt }),
    deployment: deployment as unknown as Body,
  };
  await store.commit([{ kind: 'put', collection: deployments, id, body, expect: 'any' }]);
}

function deployed(deploymentId: string, more: Partial<Deployment> = {}): Deployment {
  return {
    ...planned({}),
    deploymentId,
    status: 'Completed',
    createdAt: minutesAgo(60),
    startedAt: minutesAgo(50),
    completedAt: minutesAgo(10),
    ...more,
  };
}

function routesNamed(...names: readonly [string, ...string[]]): Deployment['routes'] {
  return names.map((name) => ({
    routeId: name,
    configVersion: '2.0',
    candidate: { name } as RouteDocument,
  }));
}

async function happened(deploymentId: string, events: readonly (readonly [string, string, number])[]): Promise<void> {
  await store.commit(
    events.map(([kind, status, ago], index) => ({
      kind: 'put',
      collection: deploymentEvents,
      id: `${deploymentId}~${index + 1}`,
      body: { deploymentId, sequence: index + 1, at: minutesAgo(ago), kind, event: { at: minutesAgo(ago), status } },
      expect: 'absent',
    })),
  );
}

test('the answer is what the API promises', async () => {
  await keep(deployed('d1'));
  const figures = await dora.figures({});
  expect(operations.getDelivery.answer.schema?.parse(figures)).toEqual(figures);
  expect(figures).toMatchObject({ days: 30, open: 0, from: '2026-01-30T12:00:00.000Z', overall: { completed: 1 } });
});

test('a deployment of several routes counts once overall, and once for each route', async () => {
  await keep(deployed('d1', { routes: routesNamed('orders', 'carts') }));
  await keep(deployed('d2', { routes: routesNamed('carts'), status: 'RolledBack' }));
  const { overall, routes } = await dora.figures({});
  expect(overall).toMatchObject({ completed: 1, rolledBack: 1 });
  expect(routes).toMatchObject([
    { routeId: 'carts', name: 'carts', completed: 1, rolledBack: 1 },
    { routeId: 'orders', name: 'orders', completed: 1, rolledBack: 0 },
  ]);
});

test('of one route, only what concerns it', async () => {
  await keep(deployed('d1', { routes: routesNamed('orders', 'carts') }));
  await keep(deployed('d2', { routes: routesNamed('carts') }));
  await keep(deployed('d3', { routes: routesNamed('orders'), status: 'InProgress', completedAt: undefined }));
  const { overall, routes, open } = await dora.figures({ routeId: 'orders' });
  expect(overall.completed).toBe(1);
  expect(routes.map(({ routeId }) => routeId)).toEqual(['orders']);
  expect(open).toBe(1);
  expect((await dora.figures({ routeId: 'nobody' })).overall.completed).toBe(0);
});

test('time in which it is paused or waits for a person is waiting, not working', async () => {
  await keep(deployed('d1'));
  await happened('d1', [
    ['created', 'Pending', 60],
    ['started', 'InProgress', 50],
    ['verdict', 'InProgress', 45],
    ['asked', 'Paused', 40],
    ['resumed', 'InProgress', 20],
    ['completed', 'Completed', 10],
  ]);
  const { working, waiting, duration, leadTime } = (await dora.figures({})).overall;
  expect([leadTime?.median, duration?.median]).toEqual([50 * 60, 40 * 60]);
  expect([working?.median, waiting?.median]).toEqual([20 * 60, 30 * 60]);
});

test('what ends later is counted later, and nothing that ended is read twice', async () => {
  await keep(deployed('d1'));
  await dora.figures({});
  const find = vi.spyOn(store, 'find');
  now += 60_000;
  await keep(deployed('d2', { completedAt: minutesAgo(0), strategy: 'Direct' }));
  expect((await dora.figures({})).overall.completed).toBe(2);
  const read = find.mock.calls.filter(([{ name }]) => name === 'deployment_events');
  expect(read.map(([, { where }]) => where?.['deploymentId'])).toEqual(['d2']);
});

test('a clock that is behind keeps nothing out', async () => {
  await dora.figures({});
  now += 60_000;
  await keep(deployed('late', { completedAt: minutesAgo(3) }));
  expect((await dora.figures({})).overall.completed).toBe(1);
});

test('more days are read when they are asked for, and pages of them', async () => {
  for (let count = 0; count < 450; count += 1)
    await keep(deployed(`d${count}`, { completedAt: minutesAgo(60 * 24 * 40 + count), isPlain: true }));
  expect((await dora.figures({})).overall.completed).toBe(0);
  expect((await dora.figures({ days: 60 })).overall.completed).toBe(450);
});

test('a restored backup is noticed within the hour', async () => {
  await keep(deployed('d1'));
  await dora.figures({});
  await store.commit([{ kind: 'remove', collection: deployments, id: 'd1', expect: 'any' }]);
  now += 3_600_001;
  expect((await dora.figures({})).overall.completed).toBe(0);
});

test('those asked at the same time get the same', async () => {
  await keep(deployed('d1'));
  const asked = [dora.figures({}), dora.figures({ days: 7 }), dora.figures({ days: 60 })];
  expect((await Promise.all(asked)).map(({ overall }) => overall.completed)).toEqual([1, 1, 1]);
});

test('metrics never wait: they are not known, then known, then a minute old at most', async () => {
  await keep(deployed('d1'));
  expect(metricText(dora)).toContain('api_gateway_delivery_deployments{route="",outcome="completed"} NaN\n');
  const completed = 'api_gateway_delivery_deployments{route="orders",outcome="completed"}';
  await vi.waitFor(() => expect(metricText(dora)).toContain(`${completed} 1\n`));
  await keep(deployed('d2', { completedAt: minutesAgo(0) }));
  now += 59_000;
  expect(metricText(dora)).toContain(`${completed} 1\n`);
  now += 1_000;
  expect(metricText(dora)).toContain(`${completed} 1\n`);
  await vi.waitFor(() => expect(metricText(dora)).toContain(`${completed} 2\n`));
});

test('metrics count the deployments that wait for a person, and no others', async () => {
  const open = { completedAt: undefined };
  await keep(deployed('d1', { ...open, status: 'AwaitingApproval' }));
  await keep(deployed('d2', { ...open, status: 'Paused' }));
  await keep(deployed('d3', { ...open, status: 'InProgress' }));
  await keep(deployed('d4'));
  metricText(dora);
  await vi.waitFor(() => expect(metricText(dora)).toContain('api_gateway_delivery_awaiting_person 2\n'));
  expect(metricText(dora)).toContain('api_gateway_delivery_open 3\n');
});

test('metrics keep the last figures while the store is away, and do not complain of it', async () => {
  await keep(deployed('d1'));
  metricText(dora);
  await vi.waitFor(() => expect(metricText(dora)).toContain('api_gateway_delivery_open 0\n'));
  const before = metricText(dora);
  const find = vi.spyOn(store, 'find').mockRejectedValue(new StoreUnavailableError('away'));
  now += 60_000;
  metricText(dora);
  await vi.waitFor(() => expect(find).toHaveBeenCalled());
  expect(metricText(dora)).toBe(before);
  expect(warn).not.toHaveBeenCalled();
});

test('metrics are text that Prometheus reads', async () => {
  await keep(deployed('d1', { routes: routesNamed('say "hi"\\') }));
  metricText(dora);
  await vi.waitFor(() => expect(metricText(dora)).toContain('route="say \\"hi\\"\\\\"'));
  const sample = /^[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? (?:NaN|[\d.e+-]+)$/;
  const lines = metricText(dora).trimEnd().split('\n');
  expect(lines.filter((line) => !sample.test(line) && !/^# (?:HELP|TYPE) [a-z_]+ ./.test(line))).toEqual([]);
});
