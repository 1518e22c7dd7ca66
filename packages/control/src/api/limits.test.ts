import { afterEach, expect, test } from 'vitest';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { SendOptions, StartedApi, StartOptions } from './testing/start-api.ts';

const routes = '/api/v1/gateway/routes';
const deployments = '/api/v1/gateway/deployments';

let started: StartedApi;
afterEach(() => started.close());

async function start(options: StartOptions = { limitFactor: 1 }): Promise<string> {
  started = await startApi(options);
  return started.token('Admin');
}

/** Sends a request so often; says which statuses were answered how many times. */
async function repeat(times: number, send: (count: number) => Promise<Response>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let count = 0; count < times; count++) {
    const { status } = await send(count);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

const put = (token: string, body: unknown, options: SendOptions = {}): Promise<Response> =>
  started.send('PUT', `${routes}/a`, { token, body, ...options });

test('an Admin may send ten times as many requests as the specification allows others', async () => {
  const token = await start();
  await started.send('POST', routes, { token, body: testRoute });
  expect(await repeat(99, () => put(token, {}))).toEqual({ 200: 99 });
  const refused = await put(token, {});
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'x-ratelimit-limit': '100',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '60',
    'retry-after': '60',
  });
  expect([refused.status, await refused.json()]).toMatchObject([
    429,
    {
      error: {
        code: 'RATE_LIMIT_EXCEEDED',
        message: 'At most 100 such requests a minute are allowed: wait 60 s.',
        details: [{ path: '', message: 'wait 60 s', retryAfterSeconds: 60 }],
      },
    },
  ]);
  const list = await started.send('GET', routes, { token });
  expect([list.status, list.headers.get('x-ratelimit-remaining')]).toEqual([200, '599']);
  started.clock.now += 60_000;
  expect((await put(token, {})).status).toBe(200);
});

test('the limits of the specification hold for everybody else', async () => {
  await start();
  for (const role of ['Operator', 'Viewer'] as const) {
    const token = await started.token(role);
    const { headers } = await started.send('GET', routes, { token });
    expect([role, headers.get('x-ratelimit-limit')]).toEqual([role, '60']);
  }
  const viewer = await started.token('Viewer');
  const { headers } = await started.send('GET', '/api/v1/gateway/configuration', { token: viewer });
  expect(headers.get('x-ratelimit-limit')).toBe('20');
});

test('refused requests do not count, whatever they are refused for', async () => {
  const token = await start();
  await started.send('POST', routes, { token, body: testRoute });
  const refusals: readonly [number, string, string, SendOptions][] = [
    [404, 'PUT', `${routes}/none`, { body: {} }],
    [400, 'POST', routes, { body: { name: 'b' } }],
    [400, 'POST', `${routes}?unknown=1`, { body: testRoute }],
    [400, 'POST', routes, { text: '{' }],
    [409, 'POST', routes, { body: testRoute }],
    [412, 'PUT', `${routes}/a`, { body: {}, headers: { 'if-match': '"99"' } }],
    [413, 'POST', routes, { text: JSON.stringify('x'.repeat(2 ** 20)) }],
    [415, 'POST', routes, { text: '{}', headers: { 'content-type': 'text/plain' } }],
  ];
  for (const [status, method, path, options] of refusals) {
    expect([status, path, await repeat(20, () => started.send(method, path, { token, ...options }))]).toEqual([
      status,
      path,
      { [status]: 20 },
    ]);
  }
  expect((await put(token, {})).headers.get('x-ratelimit-remaining')).toBe('98');
});

test('a replay does not count', async () => {
  const token = await start();
  const create = () =>
    started.send('POST', routes, { token, body: testRoute, headers: { 'idempotency-key': '12345678' } });
  expect((await create()).headers.get('x-ratelimit-remaining')).toBe('99');
  for (let count = 0; count < 150; count++) {
    const { headers, status } = await create();
    expect([status, headers.get('idempotency-replayed'), headers.get('x-ratelimit-remaining')]).toEqual([
      201,
      'true',
      '99',
    ]);
  }
});

test('refusals and replays have a bound of their own, ten times as high', async () => {
  await start();
  const token = await started.token('Operator');
  const deploy = () => started.send('POST', deployments, { token, body: {} });
  expect(await repeat(50, deploy)).toEqual({ 400: 50 });
  const refused = await deploy();
  expect(refused.headers.get('retry-after')).toBe('60');
  expect([refused.status, await refused.json()]).toMatchObject([
    429,
    { error: { message: 'At most 50 such requests a minute may be refused or repeated: wait 60 s.' } },
  ]);
  expect((await started.send('GET', routes, { token })).status).toBe(200);
  started.clock.now += 60_000;
  expect((await deploy()).status).toBe(400);
});

test('a caller who may not do something cannot ask for it without end', async () => {
  await start();
  const token = await started.token('Viewer');
  expect(await repeat(120, () => started.send('POST', routes, { token, body: testRoute }))).toEqual({
    403: 100,
    429: 20,
  });
});

test('a whole configuration is refused no more often than it is taken', async () => {
  await start();
  const token = await started.token('Viewer');
  const compare = () => started.send('POST', '/api/v1/gateway/configuration/diff', { token, body: { routes: 1 } });
  expect(await repeat(25, compare)).toEqual({ 400: 20, 429: 5 });
});

test('many requests at once gain nothing', async () => {
  await start();
  const token = await started.token('Operator');
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async () => (await started.send('POST', deployments, { token, body: {} })).status),
  );
  expect(statuses.filter((status) => status === 400).length).toBeLessThanOrEqual(50);
});

test('failed logins count as before', async () => {
  await start();
  const login = (body: unknown) => started.send('POST', '/api/v1/authentication/login', { body });
  expect(await repeat(125, () => login({}))).toEqual({ 400: 120, 429: 5 });
  started.clock.now += 60_000;
  expect((await login({ username: 'admin', password: testPassword })).headers.get('x-ratelimit-remaining')).toBe('119');
});

test('a login that is slowed down says how long', async () => {
  await start({ limitFactor: 0 });
  const login = () =>
    started.send('POST', '/api/v1/authentication/login', { body: { username: 'admin', password: 'wrong' } });
  expect(await repeat(6, login)).toEqual({ 401: 5, 429: 1 });
  const slowed = await login();
  expect([slowed.status, slowed.headers.get('retry-after'), await slowed.json()]).toMatchObject([
    429,
    '1',
    { error: { message: 'too many attempts to log in: wait 1 s.', details: [{ retryAfterSeconds: 1 }] } },
  ]);
});

test('dry runs are counted by themselves: whoever has looked first can still act', async () => {
  const token = await start();
  const create = (query: string) => started.send('POST', `${routes}${query}`, { token, body: testRoute });
  expect(await repeat(101, () => create('?dryRun=true'))).toEqual({ 200: 100, 429: 1 });
  const created = await create('');
  expect([created.status, created.headers.get('x-ratelimit-remaining')]).toEqual([201, '99']);
});

test('limits can be raised and turned off', async () => {
  const token = await start({ limitFactor: 2 });
  expect((await started.send('GET', routes, { token })).headers.get('x-ratelimit-limit')).toBe('1200');
  await started.close();
  const other = await start({ limitFactor: 0 });
  expect((await started.send('GET', routes, { token: other })).headers.get('x-ratelimit-limit')).toBeNull();
});
