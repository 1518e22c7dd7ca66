import { appendFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { GatewayConfigInput } from '@sluice/model';
import { ask, createGate, freePort, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';

// The rows of hot-swap-failures.md that concern one node and need no load; those under load are in under-load.test.ts.
let a: HttpBackend, b: HttpBackend;
let sluice: Sluice;

beforeAll(async () => {
  [a, b] = [await startHttpBackend('a'), await startHttpBackend('b')];
  sluice = await startSluice(configTo(a));
});
afterAll(async () => {
  await sluice.stop();
  await Promise.all([a.close(), b.close()]);
});
// Each test begins with everything going to a, which answers.
beforeEach(async () => {
  for (const backend of [a, b]) backend.answer = (_, response) => response.end(backend.name);
  if ((await ask(sluice.proxyPort, '/')).body !== 'a') await sluice.apply(configTo(a));
});

type Route = NonNullable<GatewayConfigInput['routes']>[number];

function configTo(backend: HttpBackend, route: Partial<Route> = {}, more: Route[] = []): GatewayConfigInput {
  return {
    proxy: { workers: 2, exposeRevision: true, timeouts: { drain: '2s' } },
    routes: [{ name: 'all', backends: [{ name: backend.name, url: backend.url }], ...route }, ...more],
  };
}

/**
 * Waits until the change that was seen in an answer is live on all workers. Without this, the next change could take this
 * announcement for its own.
 */
async function announced(): Promise<void> {
  const { revision } = await sluice.health();
  const line = new RegExp(`"configuration is live","revision":${revision}\\b`);
  await until('the change to be announced', () => line.test(sluice.output));
}

const send = (path = '/', options = {}): Promise<Answer> => ask(sluice.proxyPort, path, options);
const revisionOf = (answer: Answer): number => Number(answer.headers['x-gateway-revision']);

test('#2 a change is live on every worker at once it is announced, and each answer names its revision', async () => {
  for (const target of [b, a, b, a]) {
    await sluice.apply(configTo(target));
    const { revision } = await sluice.health();
    const seen = await tally(40, () => send(), { key: (answer) => `${answer.body} ${revisionOf(answer)}` });
    expect(seen).toEqual({ [`${target.name} ${revision}`]: 40 });
    expect(await sluice.metric('api_gateway_config_revision')).toBe(revision);
  }
});

test('a change is live within 200 ms', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    const target = turn % 2 ? a : b;
    await sluice.writeConfig(configTo(target));
    const begun = performance.now();
    await until('the change', async () => (await send('/', { agent })).body === target.name, { pace: 10 });
    times.push(performance.now() - begun);
  }
  agent.destroy();
  await announced();
  // The soonest, since whatever else the machine does only adds to the others.
  expect(Math.min(...times)).toBeLessThan(200);
});

test('#4 an exchange under way finishes on the snapshot that it began with', async () => {
  const gate = createGate();
  a.answer = gate.hold;
  await sluice.apply(configTo(a, { transformations: { response: { addHeaders: { 'X-Snapshot': 'old' } } } }));
  const before = (await sluice.health()).revision;
  const held = send('/held');
  await until('the request to be under way', () => gate.waiting === 1);
  // The route changes its edits, then goes to another backend, then is gone altogether.
  await sluice.apply(configTo(b, { transformations: { response: { addHeaders: { 'X-Snapshot': 'new' } } } }));
  expect((await send()).headers['x-snapshot']).toBe('new');
  await sluice.apply({ ...configTo(a), routes: [] });
  expect((await send()).status).toBe(404);
  gate.open('from a');
  const answer = await held;
  expect(answer).toMatchObject({ status: 200, body: 'from a', headers: { 'x-snapshot': 'old' } });
  expect(revisionOf(answer)).toBe(before);
});

test('#8 the next request on an old connection sees the new configuration', async () => {
  const agents = Array.from({ length: 6 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const all = (): Promise<string[]> => Promise.all(agents.map(async (agent) => (await send('/', { agent })).body));
  expect(await all()).toEqual(agents.map(() => 'a'));
  await sluice.apply(configTo(b));
  expect(await all()).toEqual(agents.map(() => 'b'));
  for (const agent of agents) agent.destroy();
});

test('#9 health checks follow a change', async () => {
  const healthy = (): Promise<number> => sluice.metric('api_gateway_backends_healthy', { route: 'all' });
  a.answer = (request, response) => {
    response.statusCode = request.url === '/bad' ? 500 : 200;
    response.end('a');
  };
  const checked = (endpoint: string): GatewayConfigInput => {
    const healthCheck = { endpoint, interval: '30ms', timeout: '1m', unhealthyThreshold: 2, healthyThreshold: 1 };
    return configTo(a, {
      backends: [
        { name: 'a', url: a.url, healthCheck },
        { name: 'b', url: b.url },
      ],
    });
  };
  await sluice.apply(checked('/good'));
  expect(await healthy()).toBe(2);
  await sluice.apply(checked('/bad'));
  await until('the new check to fail', async () => (await healthy()) === 1);
  expect(await tally(10, () => send())).toEqual({ b: 10 });
  await sluice.apply(configTo(a));
  expect(await tally(10, () => send())).toEqual({ a: 10 });
});

test('#9 limits follow a change, and count what is already under way', async () => {
  const gate = createGate();
  a.answer = gate.hold;
  await sluice.apply(configTo(a, { maxConcurrentRequests: 5 }));
  const held = [send(), send(), send()];
  await until('three requests under way', () => gate.waiting === 3);
  await sluice.apply(configTo(a, { maxConcurrentRequests: 3 }));
  expect((await send()).status).toBe(503);
  await sluice.apply(configTo(a, { maxConcurrentRequests: 4 }));
  held.push(send());
  await until('the fourth request to be let in', () => gate.waiting === 4);
  gate.open('a');
  await Promise.all(held);
});

test('#9 an open circuit stays open across a change of something else', async () => {
  const closed = { name: 'closed', url: `http://127.0.0.1:${await freePort()}` };
  const broken: Route = {
    name: 'broken',
    pathPattern: '/broken',
    circuitBreaker: { failureThreshold: 2, timeout: '1m' },
    ejection: { consecutiveFailures: 0 },
    backends: [closed],
  };
  await sluice.apply(configTo(a, {}, [broken]));
  await until('the circuit to open', async () => (await send('/broken')).status === 503);
  await sluice.apply(configTo(b, {}, [broken]));
  expect((await send('/broken')).status).toBe(503);
  expect(await sluice.metric('api_gateway_circuit_breaker_state', { route: 'broken' })).toBe(1);
});

test('#9 counters go on across a change', async () => {
  const count = (): Promise<number> => sluice.metric('api_gateway_requests_total', { route: 'all', backend: 'a' });
  await sluice.counted();
  const before = await count();
  await tally(10, () => send());
  await sluice.apply(configTo(a, { priority: 1 }));
  await tally(10, () => send());
  await sluice.counted();
  expect((await count()) - before).toBe(20);
});

test.each([
  ['is not JSON', '{ "routes": ['],
  ['is empty', ''],
  ['has an unknown field', JSON.stringify({ routs: [] })],
  ['has a wrong value', JSON.stringify({ routes: [{ name: 'x', backends: [{ name: 'y', url: 'ftp://x' }] }] })],
])('#10 a file that %s is refused loudly, and the last good one serves', async (_, content) => {
  const { revision } = await sluice.health();
  const refusals = await sluice.metric('api_gateway_config_refusals_total');
  const logged = sluice.output.length;
  await writeFile(sluice.configFile, content);
  await until('the refusal', async () => (await sluice.metric('api_gateway_config_refusals_total')) > refusals);
  expect((await sluice.health()).revision).toBe(revision);
  expect((await sluice.health()).lastRefusal).toBeTruthy();
  await until('the refusal in the log', () => /refus/i.test(sluice.output.slice(logged)));
  expect(await send()).toMatchObject({ status: 200, body: 'a' });
  await sluice.apply(configTo(b));
  expect((await sluice.health()).lastRefusal).toBeFalsy();
  expect((await send()).body).toBe('b');
});

test('#10 a route to the management port is refused', async () => {
  const refusals = await sluice.metric('api_gateway_config_refusals_total');
  const evil = {
    name: 'evil',
    pathPattern: '/evil',
    backends: [{ name: 'x', url: `http://127.0.0.1:${sluice.managementPort}` }],
  };
  await sluice.writeConfig(configTo(a, {}, [evil]));
  await until('the refusal', async () => (await sluice.metric('api_gateway_config_refusals_total')) > refusals);
  expect((await send('/evil')).body).toBe('a');
});

test('#12 equal content is no change', async () => {
  const { revision } = await sluice.health();
  const requests = a.connections;
  // The same file, differently formatted, with the fields in another order, and touched.
  const config = configTo(a);
  await sluice.writeConfig({ routes: config.routes, proxy: { ...config.proxy } });
  await appendFile(sluice.configFile, '\n\n');
  await sluice.writeConfig({ ...config });
  // What is written next is the next revision: so the ones before were none.
  await sluice.apply(configTo(b));
  expect((await sluice.health()).revision).toBe(revision + 1);
  expect(a.connections).toBe(requests);
});

test('#14 connections to unchanged backends are used again after a change', async () => {
  const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const once = (path: string): Promise<Answer[]> => Promise.all(agents.map((agent) => send(path, { agent })));
  const extra: Route = { name: 'extra', pathPattern: '/extra', backends: [{ name: 'b', url: b.url }] };
  await once('/');
  await sluice.apply(configTo(a, {}, [extra]));
  await once('/');
  const warm = a.connections;
  for (let turn = 0; turn < 5; turn++) {
    await sluice.apply(configTo(a, {}, turn % 2 ? [extra] : []));
    for (const agent of agents) await send('/', { agent });
  }
  expect(a.connections).toBe(warm);
  for (const agent of agents) agent.destroy();
});

test('a file that is overwritten in place is read as well as one that is replaced', async () => {
  const whole = {
    proxy: { port: sluice.proxyPort, workers: 2, exposeRevision: true },
    management: { port: sluice.managementPort },
  };
  await writeFile(sluice.configFile, JSON.stringify({ ...configTo(b), ...whole }));
  await until('the change', async () => (await send()).body === 'b');
  await announced();
  // A look at a file that is half written is refused; that is over when the whole file is live.
  expect((await sluice.health()).lastRefusal).toBeFalsy();
});

test('SIGHUP reads the file again', async () => {
  await sluice.writeConfig(configTo(b));
  sluice.signal('SIGHUP');
  await until('the change', async () => (await send()).body === 'b');
  await announced();
  expect((await sluice.health()).lastRefusal).toBeFalsy();
});

test('a change back, right after a SIGHUP, is not lost', async () => {
  for (let turn = 0; turn < 5; turn++) {
    await sluice.writeConfig(configTo(b));
    sluice.signal('SIGHUP');
    await until('the change', async () => (await send()).body === 'b');
    await sluice.writeConfig(configTo(a));
    await until('the change back', async () => (await send()).body === 'a');
  }
  await announced();
  expect((await sluice.health()).lastRefusal).toBeFalsy();
});

test('a thousand changes at once leave the last one in force', async () => {
  for (let turn = 0; turn < 1000; turn++)
    await sluice.writeConfig(configTo(turn % 2 ? a : b, { priority: turn % 100 }));
  // None of those before is marked, and nothing is live after what is announced last.
  const last = { transformations: { response: { addHeaders: { 'X-Last': 'yes' } } } };
  await sluice.writeConfig(configTo(b, last));
  await until('the last change', async () => (await send()).headers['x-last'] === 'yes');
  await announced();
  const key = ({ body, headers }: Answer): string => `${body} ${String(headers['x-last'])}`;
  expect(await tally(20, () => send(), { key })).toEqual({ 'b yes': 20 });
});
