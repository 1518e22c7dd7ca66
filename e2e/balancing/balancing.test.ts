import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewayConfigInput } from '@sluice/model';
import { ask, createGate, freePort, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';

let a: HttpBackend, b: HttpBackend, c: HttpBackend, fast: HttpBackend, slow: HttpBackend;
let sluice: Sluice;
// Connections of its own for each request spread them over both workers; the agent adds some that stay.
const agent = new Agent({ keepAlive: true, maxSockets: 10 });

beforeAll(async () => {
  [a, b, c, fast, slow] = await Promise.all(['a', 'b', 'c', 'fast', 'slow'].map((name) => startHttpBackend(name)));
  sluice = await startSluice(await configOf());
});
afterAll(async () => {
  agent.destroy();
  await sluice.stop();
  await Promise.all([a, b, c, fast, slow].map((backend) => backend.close()));
});

async function configOf(): Promise<GatewayConfigInput> {
  // Response times are known over all routes, so the strategy that goes by them has backends of its own.
  const [abc, ab, ownTimes] = [
    [a, b, c],
    [a, b],
    [fast, slow],
  ].map((list) => list.map(({ name, url }) => ({ name, url })));
  const closed = { name: 'closed', url: `http://127.0.0.1:${await freePort()}` };
  const never = { consecutiveFailures: 0 };
  return {
    proxy: { workers: 2, trustedProxies: ['127.0.0.1'] },
    routes: [
      { name: 'round-robin', pathPattern: '/round-robin', strategy: 'RoundRobin', backends: abc },
      {
        name: 'weighted',
        pathPattern: '/weighted',
        strategy: 'WeightedRoundRobin',
        backends: [
          { ...ab[0], weight: 90 },
          { ...ab[1], weight: 10 },
          { name: 'c', url: c.url, weight: 0 },
        ],
      },
      { name: 'random', pathPattern: '/random', strategy: 'Random', backends: ab },
      { name: 'least-connections', pathPattern: '/least-connections', strategy: 'LeastConnections', backends: ab },
      {
        name: 'least-response-time',
        pathPattern: '/least-response-time',
        strategy: 'LeastResponseTime',
        backends: ownTimes,
      },
      { name: 'ip-hash', pathPattern: '/ip-hash', strategy: 'IPHash', backends: abc },
      { name: 'direct', pathPattern: '/direct', strategy: 'Direct', backends: [ab[1]] },
      { name: 'partly-off', pathPattern: '/partly-off', backends: [{ ...ab[0], isEnabled: false }, ab[1]] },
      { name: 'all-off', pathPattern: '/all-off', backends: [{ ...ab[0], isEnabled: false }] },
      {
        name: 'by-header',
        pathPattern: '/by-header',
        strategy: 'HeaderBased',
        strategyConfig: { headerName: 'X-Version', routingRules: { next: 'b', old: 'c' }, defaultBackend: 'a' },
        backends: abc,
      },
      {
        name: 'ejecting',
        pathPattern: '/ejecting',
        ejection: { consecutiveFailures: 3, ejectionTime: '1m' },
        backends: [ab[0], closed],
      },
      {
        name: 'checked',
        pathPattern: '/checked',
        ejection: never,
        backends: [
          ab[0],
          { ...ab[1], healthCheck: { interval: '50ms', timeout: '1m', unhealthyThreshold: 2, healthyThreshold: 2 } },
        ],
      },
      {
        name: 'checked-by-tcp',
        pathPattern: '/checked-by-tcp',
        ejection: never,
        backends: [ab[0], { ...closed, healthCheck: { type: 'Tcp', interval: '50ms', unhealthyThreshold: 2 } }],
      },
    ],
  };
}

const get = (path: string, options = {}): Promise<Answer> => ask(sluice.proxyPort, path, options);

test('RoundRobin gives each backend its turn on every worker', async () => {
  const counts = await tally(300, (index) => get('/round-robin', index % 2 ? { agent } : {}));
  for (const name of ['a', 'b', 'c']) expect(Math.abs(counts[name] - 100)).toBeLessThanOrEqual(4);
});

test('WeightedRoundRobin keeps the shares, and weight 0 gets nothing', async () => {
  const counts = await tally(500, (index) => get('/weighted', index % 2 ? { agent } : {}));
  expect(Math.abs(counts.a - 450)).toBeLessThanOrEqual(4);
  expect(counts.c).toBeUndefined();
});

test('Random gives both backends about the same', async () => {
  const counts = await tally(600, () => get('/random'));
  // By the binomial distribution, one false alarm in ten billion runs.
  expect(Math.abs(counts.a - 300)).toBeLessThan(80);
});

test('LeastConnections counts what is under way on all workers', async () => {
  const gates = [createGate(), createGate()];
  [a, b].forEach((backend, index) => {
    const plain = backend.answer;
    // Health checks of other routes go on meanwhile.
    backend.answer = (request, response) => {
      (request.url === '/least-connections' ? gates[index].hold : plain)(request, response);
    };
  });
  const waiting = (): number => gates[0].waiting + gates[1].waiting;
  // The load of a backend is counted over all routes, and that of earlier tests has to be over.
  await sluice.counted();
  const answers: Promise<Answer>[] = [];
  for (let count = 1; count <= 10; count++) {
    answers.push(get('/least-connections'));
    await until(`request ${count} to arrive`, () => waiting() === count);
    expect(Math.abs(gates[0].waiting - gates[1].waiting)).toBeLessThanOrEqual(1);
  }
  gates.forEach((gate, index) => gate.open('ab'[index]));
  await Promise.all(answers);
  [a, b].forEach((backend) => (backend.answer = (_, response) => response.end(backend.name)));
});

test('LeastResponseTime prefers the faster backend', async () => {
  const gate = createGate();
  slow.answer = gate.hold;
  const begun = performance.now();
  let [answered, slowest] = [0, 0];
  const answers: Promise<void>[] = [];
  const askOnce = async (): Promise<void> => {
    const sent = performance.now();
    const { body } = await get('/least-response-time');
    if (body !== 'fast') return;
    answered++;
    slowest = Math.max(slowest, performance.now() - sent);
  };
  for (let count = 1; count <= 60; count++) {
    answers.push(askOnce());
    await until(`request ${count} to be answered or held`, () => answered + gate.waiting === count);
  }
  // It is asked once as long as nobody knows its time, and once more if a worker does not know yet that the other one is idle.
  expect(gate.waiting).toBeLessThanOrEqual(2);
  await until('the held requests to be slow beyond doubt', () => performance.now() - begun > 20 * slowest);
  gate.open('slow');
  await Promise.all(answers);
  await sluice.counted();
  expect(await tally(20, () => get('/least-response-time'), { width: 1 })).toEqual({ fast: 20 });
});

test('IPHash keeps a client at its backend, and spreads the clients', async () => {
  const from = (client: number): Promise<Answer> =>
    get('/ip-hash', { headers: { 'X-Forwarded-For': `10.1.${client >> 8}.${client & 255}` } });
  const chosen = await Promise.all(Array.from({ length: 300 }, (_, client) => from(client)));
  const again = await Promise.all(Array.from({ length: 300 }, (_, client) => from(client)));
  expect(again.map(({ body }) => body)).toEqual(chosen.map(({ body }) => body));
  for (const name of ['a', 'b', 'c']) expect(chosen.filter(({ body }) => body === name).length).toBeGreaterThan(50);
});

test('IPHash goes by the address of the connection when the peer is not trusted', async () => {
  const spoofed = (client: number): Promise<Answer> =>
    get('/ip-hash', { localAddress: '127.0.0.2', headers: { 'X-Forwarded-For': `10.9.9.${client}` } });
  const counts = await tally(50, spoofed);
  expect(Object.values(counts)).toEqual([50]);
});

test('HeaderBased goes by the value, and by default elsewhere', async () => {
  const to = async (value?: string): Promise<string> =>
    (await get('/by-header', { headers: value === undefined ? {} : { 'x-version': value } })).body;
  expect([await to('next'), await to('old'), await to('unknown'), await to()]).toEqual(['b', 'c', 'a', 'a']);
});

test('Direct has one backend', async () => {
  expect(await tally(20, () => get('/direct'))).toEqual({ b: 20 });
});

test('a disabled backend gets nothing', async () => {
  expect(await tally(20, () => get('/partly-off'))).toEqual({ b: 20 });
});

test('without a usable backend the answer is 503', async () => {
  const answer = await get('/all-off');
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'NO_BACKEND_AVAILABLE' } });
});

test('a backend that keeps failing is ejected by all workers together', async () => {
  const counts = await tally(100, () => get('/ejecting'), { width: 1, key: ({ status }) => String(status) });
  expect(counts[502] ?? 0).toBeLessThanOrEqual(3);
  expect(await tally(40, () => get('/ejecting'))).toEqual({ a: 40 });
});

test('a failing health check takes a backend out, and a passing one brings it back', async () => {
  const plain = b.answer;
  b.answer = (request, response) => {
    if (request.url === '/health') response.statusCode = 500;
    response.end('b');
  };
  const healthy = (): Promise<number> => sluice.metric('api_gateway_backends_healthy', { route: 'checked' });
  await until('b to be unhealthy', async () => (await healthy()) === 1);
  expect(await tally(20, () => get('/checked'))).toEqual({ a: 20 });
  b.answer = plain;
  await until('b to be healthy', async () => (await healthy()) === 2);
  expect(Object.keys(await tally(20, () => get('/checked'))).toSorted()).toEqual(['a', 'b']);
});

test('a Tcp check finds a closed port', async () => {
  const healthy = (): Promise<number> => sluice.metric('api_gateway_backends_healthy', { route: 'checked-by-tcp' });
  await until('the closed port to be noticed', async () => (await healthy()) === 1);
  expect(await tally(20, () => get('/checked-by-tcp'))).toEqual({ a: 20 });
});

test('requests are counted per route, backend, method and status', async () => {
  const requests = async (): Promise<number> => {
    await sluice.counted();
    const labels = { route: 'direct', backend: 'b', method: 'GET', status: '200' };
    return sluice.metric('api_gateway_requests_total', labels);
  };
  const before = await requests();
  await tally(10, () => get('/direct'));
  const after = await requests();
  expect(after - before).toBe(10);
  expect(await sluice.metric('api_gateway_request_duration_seconds_count', { route: 'direct' })).toBe(after);
});
