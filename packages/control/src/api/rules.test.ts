import { afterEach, expect, test } from 'vitest';
import { StoreUnavailableError } from '../store/index.ts';
import { faultyStore } from './testing/faulty-store.ts';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { SendOptions, StartedApi, StartOptions } from './testing/start-api.ts';

const routes = '/api/v1/gateway/routes';
let started: StartedApi;
afterEach(() => started.close());

async function start(options?: StartOptions): Promise<string> {
  started = await startApi(options);
  return started.token('Admin');
}

interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: { path: string; message: string }[];
  };
}

async function refusal(method: string, path: string, options?: SendOptions): Promise<[number, string, string[]]> {
  const answer = await started.send(method, path, options);
  const { error } = (await answer.json()) as ErrorBody;
  return [answer.status, error.code, error.details.map((detail) => detail.path)];
}

test('errors have the shape of the API, with the trace id of the request', async () => {
  await start();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await started.send('GET', routes, { headers: { traceparent } });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  expect(await answer.json()).toEqual({
    error: {
      code: 'UNAUTHORIZED',
      message: expect.any(String) as string,
      details: [],
      traceId: '0af7651916cd43dd8448eb211c80319c',
      timestamp: '2026-01-01T00:00:00.000Z',
    },
  });
});

test('unknown addresses and methods', async () => {
  const token = await start();
  expect(await refusal('GET', '/api/v1/nothing', { token })).toEqual([404, 'NOT_FOUND', []]);
  expect(await refusal('GET', '/nothing')).toEqual([404, 'NOT_FOUND', []]);
  const answer = await started.send('PATCH', routes, { token });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
});

test('HEAD is answered like GET, without the body', async () => {
  const token = await start();
  const answer = await started.send('HEAD', routes, { token });
  expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([200, '', '"0"']);
});

test('queries are read strictly', async () => {
  const token = await start();
  for (const query of ['limit=0', 'limit=101', 'limit=', 'limit=1e1', 'limit=0x1', 'isEnabled=1', 'strategy=Best']) {
    const name = query.split('=')[0];
    expect(await refusal('GET', `${routes}?${query}`, { token }), query).toEqual([
      400,
      'VALIDATION_ERROR',
      [`query.${name}`],
    ]);
  }
  expect(await refusal('GET', `${routes}?limits=1`, { token })).toEqual([400, 'VALIDATION_ERROR', ['query.limits']]);
  expect(await refusal('GET', `${routes}?limit=1&limit=2`, { token })).toEqual([
    400,
    'VALIDATION_ERROR',
    ['query.limit'],
  ]);
  expect((await started.send('GET', `${routes}?__proto__=1`, { token })).status).toBe(400);
});

test('bodies are read strictly', async () => {
  const token = await start();
  const send = (text: string, headers: Record<string, string> = {}) =>
    refusal('POST', routes, { token, text, headers });
  expect(await send('{"name":')).toEqual([400, 'VALIDATION_ERROR', ['']]);
  expect(await send('[]')).toEqual([400, 'VALIDATION_ERROR', ['']]);
  expect(await send('')).toEqual([400, 'VALIDATION_ERROR', ['']]);
  expect(await send('{"name":"a","headers":{"__proto__":{"x":1}}}')).toEqual([400, 'VALIDATION_ERROR', ['headers']]);
  expect(await send('{"name":"a","version":"\\u0000"}')).toEqual([400, 'VALIDATION_ERROR', ['version']]);
  expect(await send('{"name":"a","version":"\\ud800"}')).toEqual([400, 'VALIDATION_ERROR', ['version']]);
  expect((await send('['.repeat(200_000)))[0]).toBe(400);
  expect((await send(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`))[0]).toBe(400);
  expect(await send(`{"name":"${'a'.repeat(1024 * 1024)}"}`)).toEqual([413, 'BODY_TOO_LARGE', []]);
  expect(await send('name=a', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject([
    415,
    expect.any(String),
    expect.any(Array),
  ]);
  expect(await send('{}', { 'content-type': 'text/plain' })).toMatchObject([
    415,
    expect.any(String),
    expect.any(Array),
  ]);
  expect(await send('{}', { 'content-type': 'application/json; charset=latin1' })).toMatchObject([
    415,
    expect.any(String),
    expect.any(Array),
  ]);
  expect(await send('{}', { 'content-encoding': 'gzip' })).toMatchObject([415, expect.any(String), expect.any(Array)]);
});

test('JSON that curl calls a form is read where a header names the caller, and nowhere else', async () => {
  const token = await start();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const created = await started.send('POST', routes, { token, text: ` ${JSON.stringify(testRoute)}`, headers });
  expect(created.status).toBe(201);
  const text = JSON.stringify({ username: 'admin', password: testPassword });
  expect((await started.send('POST', '/api/v1/authentication/login', { text, headers })).status).toBe(415);
  const report = '/api/v1/gateway/nodes/a/reports';
  expect((await started.send('POST', report, { text: '{}', headers, names: ['a'] })).status).toBe(415);
});

test('a body that is not UTF-8 is refused', async () => {
  const token = await start();
  const request = new Request(`http://sluice${routes}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: new Uint8Array([0x22, 0xff, 0x22]),
  });
  expect((await started.api.fetch(request, { address: '10.1.1.1', isCertified: false })).status).toBe(400);
});

test('a form is refused even where no body is wanted', async () => {
  const token = await start();
  const headers = { 'content-type': 'text/plain' };
  expect(await refusal('POST', '/api/v1/authentication/logout', { token, text: 'a=b', headers })).toMatchObject([
    415,
    expect.any(String),
    expect.any(Array),
  ]);
  expect(await refusal('POST', '/api/v1/authentication/logout', { token, text: '{}' })).toMatchObject([
    400,
    expect.any(String),
    expect.any(Array),
  ]);
});

test('an error never repeats what was sent', async () => {
  await start();
  const body = { username: 'admin', password: 'hunter2hunter2', passwort: 'hunter2hunter2' };
  const answer = await started.send('POST', '/api/v1/authentication/login', { body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.not.stringContaining('hunter2') as string]);
  const broken = await started.send('POST', '/api/v1/authentication/login', { text: '{"password":"hunter2' });
  expect([broken.status, await broken.text()]).toEqual([400, expect.not.stringContaining('hunter2') as string]);
});

test('denials are in the audit log', async () => {
  const token = await start();
  const viewer = await started.token('Viewer');
  expect((await started.send('POST', routes, { token: viewer, body: testRoute })).status).toBe(403);
  expect((await started.send('GET', routes, { token: 'nonsense' })).status).toBe(401);
  const answer = await started.send('GET', '/api/v1/gateway/audit-logs?eventType=access.denied', { token });
  expect(await answer.json()).toMatchObject({
    auditLogs: [
      { user: 'anonymous', outcome: 'denied', address: '10.1.1.1', details: { operation: 'listRoutes', status: 401 } },
      { user: 'viewer', userKind: 'user', outcome: 'denied', details: { operation: 'createRoute', status: 403 } },
    ],
  });
});

test('every answer has headers that keep it out of caches, frames and scripts', async () => {
  const token = await start();
  for (const path of [routes, '/nothing', '/api/v1/gateway/health']) {
    const { headers } = await started.send('GET', path, { token });
    expect(headers.get('cache-control'), path).toBe('no-store');
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('access-control-allow-origin'), path).toBeNull();
  }
});

test('pages of other origins get in only when they are configured', async () => {
  await start({ config: { management: { corsOrigins: ['https://admin.example.com'] } } });
  const preflight = (origin: string) =>
    started.send('OPTIONS', routes, { headers: { origin, 'access-control-request-method': 'POST' } });
  const allowed = await preflight('https://admin.example.com');
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://admin.example.com');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  const other = await preflight('https://evil.example.com');
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
});

test('a store that is away is 503 with Retry-After; the health says so', async () => {
  let away = false;
  const token = await start({
    faults: (store) =>
      faultyStore(store, (run) =>
        away ? Promise.reject(new StoreUnavailableError('away: postgres://secret@host')) : run(),
      ),
  });
  away = true;
  const answer = await started.send('GET', routes, { token });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await answer.text()).not.toContain('secret');
  await started.checkStore();
  const health = await started.send('GET', '/api/v1/gateway/health');
  const text = await health.text();
  expect(JSON.parse(text)).toMatchObject({
    status: 'degraded',
    store: 'down',
    ready: false,
    dependencies: [{ name: 'store', status: 'unhealthy', reason: 'it failed: the log says why' }],
  });
  expect([health.status, text.includes('secret')]).toEqual([200, false]);
});

test('a bug is 500 without details; the log has them under the same trace id', async () => {
  const token = await start();
  Object.assign(started.configuration, {
    routes: () => {
      throw new Error('secret detail');
    },
  });
  const answer = await started.send('GET', routes, { token });
  const text = await answer.text();
  const { error } = JSON.parse(text) as { error: { traceId: string } };
  expect([answer.status, text]).toEqual([500, expect.not.stringContaining('secret') as string]);
  const line = started.lines.find((logged) => logged.includes('secret detail'));
  expect(line).toContain(error.traceId);
});

test('what takes too long is 504', async () => {
  const token = await start({ timeLimitMs: 20 });
  Object.assign(started.configuration, { refresh: () => new Promise<never>(() => {}) });
  expect(await refusal('GET', routes, { token })).toEqual([504, 'GATEWAY_TIMEOUT', []]);
});

test('If-Match is read as RFC 9110 has it', async () => {
  const token = await start();
  await started.send('POST', routes, { token, body: testRoute });
  const status = async (tag: string): Promise<number> =>
    (await started.send('PUT', `${routes}/a`, { token, body: {}, headers: { 'if-match': tag } })).status;
  expect(await status('"1"')).toBe(200);
  expect(await status('*')).toBe(200);
  expect(await status('W/"1"')).toBe(412);
  expect(await status('"other"')).toBe(412);
  expect(await status('1')).toBe(400);
});

test('logging in is open, and a wrong password says nothing about names', async () => {
  await start();
  const login = (body: object) => started.send('POST', '/api/v1/authentication/login', { body });
  const wrong = (await (await login({ username: 'admin', password: 'x' })).json()) as ErrorBody;
  const unknown = (await (await login({ username: 'nobody', password: 'x' })).json()) as ErrorBody;
  expect(wrong.error.message).toBe(unknown.error.message);
  expect((await login({ username: 'admin', password: testPassword })).status).toBe(200);
});
