import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayConfig } from '@sluice/model';
import type { Store } from '../../store/index.ts';
import type { Client } from '../../client/index.ts';
import { verdictOf } from '../../deployment/testing/parts.ts';
import { testDeployments } from '../testing/test-deployments.ts';
import { startApi, testRoute } from '../testing/start-api.ts';
import type { StartedApi } from '../testing/start-api.ts';

/** A clock whose seconds pass when the test says so. */
function handClock() {
  let waiting: (() => void)[] = [];
  return {
    after(_: number, callback: () => void) {
      waiting.push(callback);
      return () => {
        waiting = waiting.filter((one) => one !== callback);
      };
    },
    get isRunning() {
      return waiting.length > 0;
    },
    second() {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback();
    },
  };
}

interface Told {
  readonly id?: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

let started: StartedApi;
let operator: Client;
let clock: ReturnType<typeof handClock>;
const candidate = { ...testRoute, version: '2.0', backends: [{ name: 'one', url: 'http://10.0.0.2:80' }] };

beforeEach(async () => {
  clock = handClock();
  started = await startApi({ watchClock: clock });
  operator = await started.client('Operator');
  await (await started.client('Admin')).createRoute({ body: testRoute });
});
afterEach(() => started.close());

const deploy = async () => (await operator.createDeployment({ body: { routeId: 'a', route: candidate } })).deploymentId;
const rollBack = (deploymentId: string) =>
  operator.rollbackDeployment({ params: { deploymentId }, body: { reason: 'enough' } });

let cutOff = 0;

async function watch(deploymentId: string, headers: Record<string, string> = {}) {
  const token = await started.token('Viewer');
  const path = `/api/v1/gateway/deployments/${deploymentId}/events`;
  const response = await started.send('GET', path, { token, headers, disconnect: () => (cutOff += 1) });
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (reader === undefined) throw new Error('there is no stream');
  let rest = '';
  /** The next block of the stream, as it is; undefined at the end. */
  const block = async (): Promise<string | undefined> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end !== -1) {
        const text = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return text;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest += new TextDecoder().decode(value);
    }
  };
  const next = async (): Promise<Told | undefined> => {
    const text = await block();
    if (text === undefined) return undefined;
    const [, id, event = '', data = ''] = /^(?:id: (\d+)\n)?event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
    return { ...(id !== undefined && { id: Number(id) }), event, data: JSON.parse(data) as Told['data'] };
  };
  /** Everything up to an event of that kind. */
  const until = async (kind: string): Promise<Told[]> => {
    const all: Told[] = [];
    for (;;) {
      const told = await next();
      if (told === undefined) return all;
      all.push(told);
      if (told.event === kind) return all;
    }
  };
  return { response, reader, block, next, until };
}

const config = gatewayConfig.parse({});
const names = (all: readonly Told[]): string[] => all.map(({ event }) => event);

test('who watches is told what happened, how it stands, and the end', async () => {
  const deploymentId = await deploy();
  const { response, until, next } = await watch(deploymentId);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const first = await until('deployment');
  expect(names(first)).toEqual(['created', 'started', 'phaseStarted', 'deployment']);
  expect(first.map(({ id }) => id)).toEqual([1, 2, 3, undefined]);
  expect(first.at(-1)?.data).toMatchObject({ deploymentId, status: 'InProgress', routeId: 'a' });
  await rollBack(deploymentId);
  const last = await until('end');
  expect(names(last)).toEqual(['rolledBack', 'deployment', 'end']);
  expect(last[0]).toMatchObject({ id: 4, data: { by: 'operator', status: 'RolledBack', sequence: 4 } });
  expect(last[2].data).toEqual({ deploymentId, status: 'RolledBack' });
  expect(await next()).toBeUndefined();
  expect(clock.isRunning).toBe(true);
  clock.second();
  expect(clock.isRunning).toBe(false);
});

test('one that has ended is told from the beginning, or from where the client was', async () => {
  const deploymentId = await deploy();
  await rollBack(deploymentId);
  expect(names(await (await watch(deploymentId)).until('end'))).toHaveLength(6);
  const later = await watch(deploymentId, { 'last-event-id': '3' });
  expect(names(await later.until('end'))).toEqual(['rolledBack', 'deployment', 'end']);
  const all = await watch(deploymentId, { 'last-event-id': '4' });
  expect(names(await all.until('end'))).toEqual(['deployment', 'end']);
});

test('more events than are read at once come in order', async () => {
  const deploymentId = await deploy();
  const params = { deploymentId };
  for (let count = 0; count < 60; count++) {
    await operator.pauseDeployment({ params });
    await operator.resumeDeployment({ params });
  }
  const told = await (await watch(deploymentId)).until('deployment');
  expect(told.slice(0, -1).map(({ id }) => id)).toEqual(Array.from({ length: 123 }, (_, index) => index + 1));
});

test('figures come every second while it runs', async () => {
  const deploymentId = await deploy();
  started.deployments.setFigures(deploymentId, verdictOf('hold'));
  const { until, next } = await watch(deploymentId);
  await until('deployment');
  for (let count = 0; count < 3; count++) {
    const metrics = next();
    clock.second();
    expect(await metrics).toMatchObject({
      event: 'metrics',
      data: { deploymentId, metrics: { comparison: { verdict: 'hold' } } },
    });
  }
  await operator.pauseDeployment({ params: { deploymentId } });
  expect(names(await until('deployment'))).toEqual(['paused', 'deployment']);
  const nothing = next();
  clock.second();
  await rollBack(deploymentId);
  expect(await nothing).toMatchObject({ event: 'rolledBack' });
});

test('there is a sign of life every 15 seconds, and a change of which no word came is found then', async () => {
  const deploymentId = await deploy();
  const { until, block } = await watch(deploymentId);
  await until('deployment');
  // As another process does whose word gets lost.
  const { deployments } = started;
  const elsewhere = testDeployments({ ...started, versions: undefined as never, clock: () => 0, config });
  await elsewhere.act(deploymentId, { kind: 'pause' }, { actor: { kind: 'user', name: 'eve', isAdmin: true } });
  expect((await deployments.get(deploymentId)).status).toBe('Paused');
  const found = block();
  for (let count = 0; count < 15; count++) clock.second();
  expect(await found).toBe(': still here');
  expect(names(await until('deployment'))).toEqual(['paused', 'deployment']);
});

test('a session that is over ends the watch', async () => {
  const deploymentId = await deploy();
  const { until, next } = await watch(deploymentId);
  await until('deployment');
  const [session] = await started.access.sessions.list('viewer');
  await started.access.sessions.revoke(session.sessionId, {
    actor: { kind: 'system', name: 'test' },
    address: 'local',
    traceId: 'test',
  });
  const end = next();
  for (let count = 0; count < 15; count++) clock.second();
  expect(await end).toBeUndefined();
});

test('a session that is over is told of no change any more', async () => {
  const deploymentId = await deploy();
  const { until, next } = await watch(deploymentId);
  await until('deployment');
  const [session] = await started.access.sessions.list('viewer');
  const context = { actor: { kind: 'system', name: 'test' }, address: 'local', traceId: 'test' } as const;
  await started.access.sessions.revoke(session.sessionId, context);
  await rollBack(deploymentId);
  expect(await next()).toBeUndefined();
});

test('one caller has twenty streams at most, and gets another when one is closed', async () => {
  const deploymentId = await deploy();
  const open = await Promise.all(Array.from({ length: 20 }, () => watch(deploymentId)));
  await Promise.all(open.map(({ until }) => until('deployment')));
  const token = await started.token('Viewer');
  const path = `/api/v1/gateway/deployments/${deploymentId}/events`;
  const refused = await started.send('GET', path, { token });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  const other = await started.send('GET', path, { token: await started.token('Operator') });
  expect(other.status).toBe(200);
  await open[0].reader.cancel();
  expect(names(await (await watch(deploymentId)).until('deployment')).at(-1)).toBe('deployment');
});

test('who takes nothing is cut off after half a minute', async () => {
  const deploymentId = await deploy();
  const { until, next } = await watch(deploymentId);
  await until('started');
  cutOff = 0;
  for (let count = 0; count < 30; count++) clock.second();
  expect(clock.isRunning).toBe(true);
  clock.second();
  expect([clock.isRunning, cutOff]).toEqual([false, 1]);
  expect(await next()).toBeUndefined();
});

test('who goes away is forgotten', async () => {
  const deploymentId = await deploy();
  const { until, reader } = await watch(deploymentId);
  await until('deployment');
  await reader.cancel();
  clock.second();
  expect(clock.isRunning).toBe(false);
});

test('many watch, and what is stored is read once for all of them', async () => {
  let reads = 0;
  await started.close();
  clock = handClock();
  started = await startApi({
    watchClock: clock,
    faults: (store): Store => ({
      kind: store.kind,
      isShared: store.isShared,
      isTemporary: store.isTemporary,
      commit: (writes) => store.commit(writes),
      get(collection, id) {
        if (collection.name === 'deployments') reads += 1;
        return store.get(collection, id);
      },
      find: (collection, query) => store.find(collection, query),
      dump: () => store.dump(),
      load: (documents) => store.load(documents),
      close: () => store.close(),
    }),
  });
  operator = await started.client('Operator');
  await (await started.client('Admin')).createRoute({ body: testRoute });
  const deploymentId = await deploy();
  const all = await Promise.all(Array.from({ length: 20 }, () => watch(deploymentId)));
  await Promise.all(all.map(({ until }) => until('deployment')));
  reads = 0;
  await operator.pauseDeployment({ params: { deploymentId } });
  const told = await Promise.all(all.map(({ until }) => until('deployment')));
  expect(told.every((one) => names(one).join() === 'paused,deployment')).toBe(true);
  // One by the action, one by all who watch.
  expect(reads).toBe(2);
});

test('the server stops: the streams end, and nobody begins a new one', async () => {
  const deploymentId = await deploy();
  const { until, next } = await watch(deploymentId);
  await until('deployment');
  const end = next();
  await started.api.close();
  expect(await end).toBeUndefined();
  const token = await started.token('Viewer');
  const again = await started.send('GET', `/api/v1/gateway/deployments/${deploymentId}/events`, { token });
  expect(again.status).toBe(503);
});

test('what is not there cannot be watched, and a HEAD request begins nothing', async () => {
  const token = await started.token('Viewer');
  const missing = await started.send('GET', '/api/v1/gateway/deployments/none/events', { token });
  expect(missing.status).toBe(404);
  const deploymentId = await deploy();
  const head = await started.send('HEAD', `/api/v1/gateway/deployments/${deploymentId}/events`, { token });
  expect([head.status, clock.isRunning]).toEqual([200, false]);
  const bad = await started.send('GET', `/api/v1/gateway/deployments/${deploymentId}/events`, {
    token,
    headers: { 'last-event-id': 'x' },
  });
  expect(bad.status).toBe(400);
});
