import type { DeploymentEventKind } from '@sluice/model';
import { deploymentsConfig } from '@sluice/model';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { begin } from '../deployment/testing/parts.ts';
import { createManualClock } from '@sluice/service/testing';
import type { ManualClock } from '@sluice/service/testing';
import { createMemoryStore } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { notices } from './collections.ts';
import { createNotices } from './create-notices.ts';
import { Notifier } from './notifier.ts';
import { eventOf, runningDeployment } from './testing/events.ts';
import { startReceiver } from './testing/start-receiver.ts';
import type { Receiver } from './testing/start-receiver.ts';

const secret = 'a secret of the tests';
let clock: ManualClock;
let store: Store;
let receiver: Receiver;
let notifier: Notifier;
/** Requests to those that answer: while there are any, time stands still, so that no slow machine decides a test. */
let inFlight: number;
let logged: { message: string; subscriber?: string; reason?: string }[];
const leader = { leading: true };
const log = {
  info: (message: string, fields?: object) => void logged.push({ message, ...fields }),
  warn: (message: string, fields?: object) => void logged.push({ message, ...fields }),
};

beforeEach(async () => {
  clock = createManualClock(begin + 5000);
  store = createMemoryStore([notices]);
  receiver = await startReceiver();
  inFlight = 0;
  logged = [];
  leader.leading = true;
});

afterEach(async () => {
  await notifier.close();
  await receiver.stop();
});

function configured(more: object = {}) {
  return deploymentsConfig.parse({ webhooks: [{ url: `${receiver.url}/hunter2`, secret }], ...more });
}

function begins(config = configured()): void {
  notifier = new Notifier({ store, leader, config, log, clock, random: () => 0, fetch: countedFetch });
}

async function countedFetch(url: string, init: RequestInit): Promise<Response> {
  if (!url.startsWith(receiver.url)) return fetch(url, init);
  inFlight += 1;
  try {
    const response = await fetch(url, init);
    const body = await response.text();
    return new Response(body === '' ? null : body, { status: response.status });
  } finally {
    inFlight -= 1;
  }
}

async function happens(kind: DeploymentEventKind, sequence = 1, config = configured()): Promise<void> {
  await store.commit(createNotices({ config })(eventOf(kind, { sequence }), runningDeployment()));
}

/** Lets time pass until it is so, `stepMs` at a time, or up to when the next notice is due if that is sooner. */
async function until(condition: () => void | Promise<void>, stepMs = 100): Promise<void> {
  await vi.waitFor(
    async () => {
      if (inFlight === 0) {
        const [next] = (await store.find(notices, { orderBy: 'dueAt', limit: 1 })).items;
        const wait = next === undefined ? stepMs : Date.parse(next.body.dueAt) - clock.now();
        await clock.advance(Math.min(stepMs, Math.max(100, wait)));
      }
      await condition();
    },
    { interval: 1 },
  );
}

async function left(): Promise<number> {
  return (await store.find(notices, { limit: 1 })).total;
}

const isDone = async (): Promise<void> => expect(await left()).toBe(0);

test('a webhook is told once, signed, and what was taken is forgotten', async () => {
  // The library of receivers looks at the real time.
  clock = createManualClock(Date.now());
  begins();
  await happens('rolledBack');
  await until(isDone);
  const [request, ...more] = receiver.received;
  expect(more).toEqual([]);
  expect(request).toMatchObject({ method: 'POST', path: '/hunter2' });
  const headers = request?.headers as Record<string, string>;
  expect(new Webhook(secret, { format: 'raw' }).verify(request?.body ?? '', headers)).toMatchObject({
    type: 'deployment.rolledBack',
    timestamp: '2026-01-05T10:00:02.000Z',
    data: {
      deploymentId: 'orders-abc123',
      routes: [{ routeId: 'orders', name: 'orders', configVersion: '2.0' }],
      text: 'It is rolledBack.',
      verdict: { verdict: 'hold', explanation: 'Not enough was seen.' },
    },
  });
  await clock.advance(10_000);
  expect(receiver.received.length).toBe(1);
});

test('a webhook that fails is tried again, later and later, with the same id', async () => {
  receiver.answer = 500;
  begins();
  await happens('completed');
  const tried: number[] = [];
  for (let tries = 1; tries <= 4; tries++) {
    await until(async () => {
      const [notice] = (await store.find(notices, { limit: 1 })).items;
      expect(notice?.body.failures).toBe(tries);
    }, 1000);
    tried.push(Math.round(clock.monotonic() / 1000));
  }
  const gaps = tried.slice(1).map((at, index) => at - (tried[index] ?? 0));
  // A round comes each second.
  for (const [index, wanted] of [5, 30, 120].entries()) {
    expect(gaps[index]).toBeGreaterThanOrEqual(wanted - 1);
    expect(gaps[index]).toBeLessThanOrEqual(wanted + 3);
  }
  receiver.answer = 204;
  await until(isDone, 10_000);
  expect(receiver.received.length).toBe(5);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  expect(JSON.stringify(logged)).not.toContain('hunter2');
  expect(logged.filter(({ message }) => message.includes('retrying')).length).toBe(1);
});

test('what nobody takes for a day is given up, and that is logged', async () => {
  receiver.answer = 503;
  begins();
  await happens('completed');
  await until(isDone, 3_600_000);
  expect(receiver.received.length).toBe(9);
  expect(logged.at(-1)).toMatchObject({
    message: 'a notice could not be delivered and was dropped',
    subscriber: 'webhooks[0]',
    reason: 'it answered 503',
  });
});

test('410 is the end of it', async () => {
  receiver.answer = 410;
  begins();
  await happens('completed');
  await until(isDone);
  expect(receiver.received.length).toBe(1);
  expect(logged.at(-1)?.reason).toContain('wants no more notices');
});

test('a redirect is not followed', async () => {
  receiver.answer = 307;
  begins();
  await happens('completed');
  await until(() => expect(logged[0]?.reason).toBe('it answered 307'));
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hunter2']);
});

test('a receiver that never answers is given up in time, and keeps nobody else waiting', async () => {
  const slow = await startReceiver();
  slow.answer = 'never';
  const webhooks = [slow, receiver].map(({ url }) => ({ url, secret }));
  const config = configured({ webhooks });
  begins(config);
  await happens('started', 1, config);
  await until(() => {
    expect(slow.received.length).toBe(1);
    expect(receiver.received.length).toBe(1);
  });
  await happens('completed', 2, config);
  await until(() => expect(receiver.received.length).toBe(2));
  await until(() =>
    expect(logged[0]).toMatchObject({ subscriber: 'webhooks[0]', reason: 'no answer within 15000 ms' }),
  );
  await slow.stop();
});

test('each subscriber is told in order', async () => {
  begins();
  const kinds = ['created', 'started', 'phaseStarted', 'completed'] as const;
  for (const [index, kind] of kinds.entries()) await happens(kind, index + 1);
  await until(isDone);
  const told = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  expect(told).toEqual(kinds.map((kind) => `deployment.${kind}`));
});

test('only the leader sends', async () => {
  leader.leading = false;
  begins();
  await happens('completed');
  await clock.advance(60_000);
  expect(receiver.received).toEqual([]);
  leader.leading = true;
  await until(isDone);
  expect(receiver.received.length).toBe(1);
});

test('what was taken is not sent again because the store was away afterwards', async () => {
  const real = store.commit.bind(store);
  await happens('completed');
  const commit = vi.spyOn(store, 'commit').mockRejectedValue(new StoreUnavailableError('away'));
  begins();
  await until(() => expect(commit.mock.calls.length).toBeGreaterThan(2), 1000);
  commit.mockImplementation(real);
  await until(isDone, 1000);
  expect(receiver.received.length).toBe(1);
  expect(logged).toEqual([]);
});

test('what a process that was stopped had begun to send, the next one sends', async () => {
  receiver.answer = 'never';
  begins();
  await happens('completed');
  await until(() => expect(receiver.received.length).toBe(1));
  await notifier.close();
  expect(await left()).toBe(1);
  receiver.answer = 200;
  begins();
  await until(isDone);
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(
    Array.from({ length: 2 }, () => receiver.received[0]?.headers['webhook-id']),
  );
});

test('what a subscriber was to be told that is not configured any more is given up after a day', async () => {
  await happens('completed');
  begins(deploymentsConfig.parse({}));
  await clock.advance(20 * 3_600_000);
  expect(await left()).toBe(1);
  await clock.advance(8 * 3_600_000);
  expect(await left()).toBe(0);
});

test('a notice that is written later is sent in the next round', async () => {
  begins();
  await clock.advance(0);
  await happens('completed');
  await until(isDone);
  expect(receiver.received.length).toBe(1);
});

// There is no Grafana to test against: the stand-in holds requests to what its documentation says.
test('Grafana, by a stand-in, gets a point at the beginning and a region at the end', async () => {
  const config = deploymentsConfig.parse({
    grafana: { url: `${receiver.url}/grafana/`, token: 'hunter2-token', tags: ['team-a'] },
  });
  begins(config);
  const write = createNotices({ config });
  await store.commit(write(eventOf('started'), runningDeployment()));
  await until(isDone);
  const ended = runningDeployment({ status: 'RolledBack', completedAt: '2026-01-05T10:05:00.000Z' });
  await store.commit(write(eventOf('rolledBack', { sequence: 9, status: 'RolledBack' }), ended));
  await until(isDone);
  for (const request of receiver.received) {
    expect(request).toMatchObject({ method: 'POST', path: '/grafana/api/annotations' });
    expect(request.headers).toMatchObject({
      authorization: 'Bearer hunter2-token',
      'content-type': 'application/json',
    });
  }
  expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    {
      time: begin + 1000,
      tags: ['sluice', 'deployment', 'InProgress', 'Production', 'orders', 'team-a'],
      text: 'It is started. (orders-abc123: orders 2.0)',
    },
    {
      time: begin + 1000,
      timeEnd: begin + 300_000,
      tags: ['sluice', 'deployment', 'RolledBack', 'Production', 'orders', 'team-a'],
      text: 'It is rolledBack. (orders-abc123: orders 2.0)',
    },
  ]);
});
