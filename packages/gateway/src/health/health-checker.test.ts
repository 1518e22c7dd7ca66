import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { HealthCheckConfig } from '@sluice/model';
import type { LogFields } from '@sluice/service';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createNodeMemory, NodeState } from '../state/index.ts';
import { createHealthChecker } from './health-checker.ts';
import type { HealthChecker } from './health-checker.ts';
import { createManualDelay } from './testing/manual-delay.ts';
import type { ManualDelay } from './testing/manual-delay.ts';
import type { CheckedTarget } from './target-check.ts';

const closeAfterTest: (() => void)[] = [];
afterEach(() => {
  for (const close of closeAfterTest.splice(0)) close();
});

const settings: HealthCheckConfig = {
  type: 'Http',
  endpoint: '/health',
  interval: 5000,
  timeout: 3000,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  expectedStatusCode: 200,
};

interface Bench {
  readonly state: NodeState;
  readonly checker: HealthChecker & { replace(targets: readonly CheckedTarget[]): void };
  readonly clock: ManualDelay;
  readonly lines: { message: string; fields: LogFields }[];
}

/** A checker whose first check falls due in the middle of the interval. */
function setUp(): Bench {
  const capacity = { routes: 8, targets: 8, backends: 8, series: 64, addresses: 64 };
  const state = new NodeState(createNodeMemory({ workers: 1, capacity }), -1);
  const clock = createManualDelay();
  const lines: Bench['lines'] = [];
  const write = (message: string, fields: LogFields = {}): void => void lines.push({ message, fields });
  const log = { info: write, warn: write };
  const made = createHealthChecker({ state, log, delay: clock.delay, random: () => 0.5 });
  let current: readonly CheckedTarget[] = [];
  const replace = (targets: readonly CheckedTarget[]): void => {
    made.update({ added: targets, removed: current });
    current = targets;
  };
  const checker = { ...made, replace };
  closeAfterTest.push(() => checker.close());
  return { state, checker, clock, lines };
}

/** Starts a server and returns its address. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closeAfterTest.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function httpBackend(answer: RequestListener): Promise<string> {
  return listen(createServer(answer));
}

function target(url: string, changes: Partial<HealthCheckConfig> = {}, slot = 1): CheckedTarget {
  return { slot, url, healthCheck: { ...settings, ...changes } };
}

async function checkTimes(checker: HealthChecker, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await checker.checkNow();
}

test('a target has no verdict before its first check, and none without a check, but is used', () => {
  const { state, checker } = setUp();
  checker.replace([{ slot: 1, url: 'http://127.0.0.1:1' }, target('http://127.0.0.1:1', {}, 2)]);
  expect([state.health.get(1), state.health.get(2)]).toEqual(['Unknown', 'Unknown']);
  expect([state.health.usable(1), state.health.usable(2)]).toEqual([true, true]);
});

test('the first check comes within the first interval, the next an interval after it', async () => {
  const { state, checker, clock } = setUp();
  const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  const url = await httpBackend((_request, response) => {
    response.end();
    arrivals[asked++]?.resolve();
  });
  checker.replace([target(url)]);
  clock.advance(2499);
  expect(clock.waiting).toBe(1);
  clock.advance(1);
  await arrivals[0]?.promise;
  await checker.checkNow();
  expect([asked, state.health.get(1)]).toEqual([1, 'Healthy']);
  clock.advance(4999);
  expect(clock.waiting).toBe(1);
  clock.advance(1);
  await arrivals[1]?.promise;
});

test('a target becomes unhealthy and healthy again only after enough results in a row', async () => {
  const { state, checker, lines } = setUp();
  let status = 200;
  const url = await httpBackend((_request, response) => response.writeHead(status).end());
  checker.replace([target(url)]);
  const seen: string[] = [];
  for (status of [200, 500, 500, 200, 500, 500, 500, 200, 500, 200, 200]) {
    await checker.checkNow();
    seen.push(state.health.get(1));
  }
  const [well, ill] = ['Healthy', 'Unhealthy'];
  expect(seen).toEqual([well, well, well, well, well, well, ill, ill, ill, ill, well]);
  expect(lines.map(({ message }) => message)).toEqual([
    'backend is healthy',
    'backend is unhealthy',
    'backend is healthy',
  ]);
  expect(lines[1]?.fields).toEqual({ target: url, from: well, to: ill, reason: 'status 500 instead of 200' });
});

test('a check that takes longer than its timeout has failed', async () => {
  const { state, checker, clock, lines } = setUp();
  const url = await httpBackend(() => undefined);
  checker.replace([target(url, { unhealthyThreshold: 1 })]);
  const checked = checker.checkNow();
  clock.advance(3000);
  await checked;
  expect(state.health.get(1)).toBe('Unhealthy');
  expect(lines[0]?.fields['reason']).toBe('no answer within 3000 ms');
});

test('a body that never ends is subject to the timeout as well', async () => {
  const { state, checker, clock } = setUp();
  const answered = Promise.withResolvers<void>();
  const url = await httpBackend((_request, response) => {
    response.write('still starting', () => answered.resolve());
  });
  checker.replace([target(url, { unhealthyThreshold: 1, expectedResponseBody: 'ready' })]);
  const checked = checker.checkNow();
  await answered.promise;
  clock.advance(3000);
  await checked;
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('the answer must contain the expected text', async () => {
  const { state, checker, lines } = setUp();
  let body = 'all is {"status":"ok"}';
  const url = await httpBackend((_request, response) => response.end(body));
  checker.replace([target(url, { unhealthyThreshold: 1, healthyThreshold: 1, expectedResponseBody: '"status":"ok"' })]);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Healthy');
  body = '{"status":"degraded"}';
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
  expect(lines.at(-1)?.fields['reason']).toBe('the body does not contain the expected text');
  body = 'x'.repeat(1024 * 1024);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('the endpoint is asked with the configured headers, and its status may be any', async () => {
  const { state, checker } = setUp();
  const asked: unknown[] = [];
  const url = await httpBackend(({ method, url: path, headers }, response) => {
    asked.push([method, path, headers.host, headers['x-probe'], headers['user-agent']]);
    response.writeHead(204).end();
  });
  const headers = { Host: 'shop.test', 'X-Probe': 'yes' };
  checker.replace([target(`${url}/prefix`, { endpoint: '/live?deep=1', expectedStatusCode: 204, headers })]);
  await checker.checkNow();
  expect(asked).toEqual([['GET', '/live?deep=1', 'shop.test', 'yes', 'sluice-health-check']]);
  expect(state.health.get(1)).toBe('Healthy');
});

test('a redirect is not followed', async () => {
  const { state, checker } = setUp();
  const url = await httpBackend((_request, response) => response.writeHead(302, { location: '/other' }).end());
  checker.replace([target(url, { unhealthyThreshold: 1 })]);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('a refused connection and an answer that is not HTTP are failures', async () => {
  const { state, checker, lines } = setUp();
  const garbage = await listen(createTcpServer((socket) => socket.on('error', () => undefined).end('garbage\r\n\r\n')));
  checker.replace([
    target(garbage, { unhealthyThreshold: 1 }, 1),
    target('http://127.0.0.1:1', { unhealthyThreshold: 1 }, 2),
  ]);
  await checker.checkNow();
  expect([state.health.get(1), state.health.get(2)]).toEqual(['Unhealthy', 'Unhealthy']);
  expect(lines.map(({ fields }) => String(fields['reason'])).toSorted()).toEqual([
    expect.stringContaining('Parse Error'),
    expect.stringContaining('ECONNREFUSED'),
  ]);
});

test('a TCP check asks only for a connection', async () => {
  const { state, checker } = setUp();
  const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
  const url = await listen(server);
  checker.replace([target(url, { type: 'Tcp', unhealthyThreshold: 1 })]);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Healthy');
  checker.replace([target('http://127.0.0.1:1', { type: 'Tcp', unhealthyThreshold: 1 })]);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('an update leaves unchanged checks undisturbed: what runs, what they have counted, and when they are due', async () => {
  const { state, checker, clock } = setUp();
  let arrived = Promise.withResolvers<void>();
  const url = await httpBackend((_request, response) => {
    response.writeHead(500).end();
    arrived.resolve();
  });
  checker.replace([target(url)]);
  await checkTimes(checker, 1);
  const running = checker.checkNow();
  checker.replace([target(url), target(url, {}, 2)]);
  await running;
  expect(state.health.get(1)).toBe('Unknown');
  clock.advance(4999);
  checker.replace([target(url)]);
  arrived = Promise.withResolvers<void>();
  clock.advance(1);
  await arrived.promise;
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('a changed check begins anew and keeps the verdict', async () => {
  const { state, checker } = setUp();
  const url = await httpBackend((_request, response) => response.writeHead(500).end());
  checker.replace([target(url, { unhealthyThreshold: 1 })]);
  await checker.checkNow();
  checker.replace([target(url, { expectedStatusCode: 500 })]);
  expect(state.health.get(1)).toBe('Unhealthy');
  await checkTimes(checker, 2);
  expect(state.health.get(1)).toBe('Healthy');
  checker.replace([target(url, { unhealthyThreshold: 1 })]);
  await checker.checkNow();
  expect(state.health.get(1)).toBe('Unhealthy');
});

test('of several wishes for one target the first that is left counts, until the last has gone', async () => {
  const { checker, clock } = setUp();
  const asked: unknown[] = [];
  const url = await httpBackend((incoming, response) => {
    asked.push(incoming.url);
    response.end();
  });
  const [one, other] = [target(url, { endpoint: '/one' }), target(url, { endpoint: '/other' })];
  checker.update({ added: [one, other, one], removed: [] });
  await checker.checkNow();
  checker.update({ added: [], removed: [one] });
  await checker.checkNow();
  checker.update({ added: [], removed: [one] });
  await checker.checkNow();
  expect(asked).toEqual(['/one', '/one', '/other']);
  checker.update({ added: [], removed: [other] });
  expect((await checker.checkNow()).size).toBe(0);
  expect(clock.waiting).toBe(0);
});

test('checking now tells what was found, of the slots that are asked about', async () => {
  const { checker } = setUp();
  const url = await httpBackend((_request, response) => response.end());
  checker.replace([target(url), target('http://127.0.0.1:1', {}, 2), target(url, {}, 3), { slot: 4, url }]);
  const found = await checker.checkNow(new Set([1, 2, 4, 9]));
  expect(Object.fromEntries(found)).toEqual({
    1: { ok: true },
    2: { ok: false, reason: expect.stringContaining('ECONNREFUSED') as string },
  });
  expect(new Set((await checker.checkNow()).keys())).toEqual(new Set([1, 2, 3]));
});

test('a removed target is not asked again, and a result that is still awaited counts for nothing', async () => {
  const { state, checker, clock } = setUp();
  const url = await httpBackend(() => undefined);
  checker.replace([target(url, { unhealthyThreshold: 1 })]);
  const checked = checker.checkNow();
  checker.replace([]);
  await checked;
  expect(state.health.get(1)).toBe('Unknown');
  expect(clock.waiting).toBe(0);
});

test('draining is left as it is', async () => {
  const { state, checker } = setUp();
  const url = await httpBackend((_request, response) => response.end());
  state.health.set(1, 'Draining');
  state.health.set(2, 'Draining');
  checker.replace([target(url), { slot: 2, url }]);
  await checkTimes(checker, 3);
  expect([state.health.get(1), state.health.get(2)]).toEqual(['Draining', 'Draining']);
});

test('no two checks of a target run at once, and one that fell due meanwhile follows', async () => {
  const { checker, clock } = setUp();
  const answers: (() => void)[] = [];
  const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const url = await httpBackend((_request, response) => {
    arrivals[answers.length]?.resolve();
    answers.push(() => response.end());
  });
  checker.replace([target(url, { interval: 1000, timeout: 60_000 })]);
  const first = checker.checkNow();
  await arrivals[0]?.promise;
  clock.advance(10_000);
  expect(answers).toHaveLength(1);
  answers[0]?.();
  await first;
  await arrivals[1]?.promise;
  expect(answers).toHaveLength(2);
});

test('checks that pass again end an ejection before its time, and say so', async () => {
  const { state, checker, lines } = setUp();
  const url = await httpBackend((_request, response) => response.end());
  checker.replace([target(url)]);
  state.ejection.failed(1, 5, 0, { consecutiveFailures: 5, ejectionTime: 30_000 });
  await checkTimes(checker, 1);
  expect(state.ejection.isEjected(1, 1)).toBe(true);
  await checkTimes(checker, 1);
  expect(state.ejection.isEjected(1, 1)).toBe(false);
  expect(lines.at(-1)).toEqual({
    message: 'backend is no longer ejected',
    fields: { target: url, reason: '2 checks passed' },
  });
});

test('a check that fails, or a new ejection, begins the count of passing checks anew', async () => {
  const { state, checker } = setUp();
  let status = 200;
  const url = await httpBackend((_request, response) => response.writeHead(status).end());
  checker.replace([target(url)]);
  const eject = (): number => state.ejection.failed(1, 5, 0, { consecutiveFailures: 5, ejectionTime: 30_000 });
  eject();
  for (status of [200, 500, 200]) await checker.checkNow();
  expect(state.ejection.isEjected(1, 1)).toBe(true);
  state.ejection.end(1);
  eject();
  await checker.checkNow();
  expect(state.ejection.isEjected(1, 1)).toBe(true);
  await checker.checkNow();
  expect(state.ejection.isEjected(1, 1)).toBe(false);
});
