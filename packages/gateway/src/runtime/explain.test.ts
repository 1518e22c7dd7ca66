import { parseConfig } from '@sluice/model';
import type { ExplainInput, Explanation, GatewayConfigInput } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { once } from 'node:events';
import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withSplit } from '../compile/testing/splits.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const jwtSecret = 'a secret of more than thirty-two bytes';
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

type RouteInput = NonNullable<GatewayConfigInput['routes']>[number];
let backendUrl = '';

function routes(): RouteInput[] {
  const [a, b] = [
    { name: 'a', url: backendUrl },
    { name: 'b', url: backendUrl, isEnabled: false },
  ];
  return [
    { name: 'orders', pathPattern: '/orders/{id}', backends: [a, b], strategy: 'RoundRobin', timeoutSeconds: 7 },
    { name: 'orders-get', pathPattern: '/orders/{id}', methods: ['GET'], priority: 5, backends: [a] },
    { name: 'orders-beta', pathPattern: '/orders/{id}', headers: { 'X-Beta': '1' }, backends: [a] },
    { name: 'all', pathPattern: '/**', methods: ['GET', 'POST'], backends: [a] },
    { name: 'api', hosts: ['api.example.com'], pathPattern: '/**', backends: [a] },
    { name: 'posts', pathPattern: '/posts/**', hosts: ['blog.example.com'], methods: ['POST'], backends: [a] },
    {
      name: 'keyed',
      pathPattern: '/keyed',
      backends: [a],
      authentication: { methods: [{ type: 'apiKey' }, { type: 'jwt', secret: jwtSecret, algorithms: ['HS256'] }] },
      authorization: { scopes: ['orders:read'] },
      rateLimit: { type: 'TokenBucket', requests: 2, window: '24h', keyBy: 'Consumer' },
      transformations: { request: { rewritePath: '/(.*) → /v1/$1' } },
    },
    {
      name: 'asks',
      pathPattern: '/asks',
      backends: [a],
      authentication: { methods: [{ type: 'external', url: 'http://127.0.0.1:9/check' }] },
      authorization: { scopes: ['orders:read'] },
    },
    { name: 'no-backend', pathPattern: '/none', backends: [b] },
    {
      name: 'hashed',
      pathPattern: '/hashed',
      strategy: 'IPHash',
      backends: [
        { name: 'a', url: backendUrl },
        { name: 'b', url: 'http://127.0.0.1:9' },
      ],
      retryPolicy: { maxAttempts: 2 },
    },
    { name: 'split', pathPattern: '/split', backends: [a] },
    { name: 'sticky', pathPattern: '/sticky', backends: [a] },
  ] as RouteInput[];
}

let gateway: Gateway;
let close: () => void;
let received = 0;
beforeAll(async () => {
  const server = createServer((_request, response) => {
    received++;
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => server.close();
  backendUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parsed = parseConfig({
    proxy: {
      port: 0,
      workers: 1,
      limits: { maxHeaders: 20 },
      trustedProxies: ['192.0.2.1'],
      accessLog: { failures: false },
    },
    management: { port: 0 },
    consumers: [{ id: 'shop', tier: 'gold', scopes: ['orders:read'], keys: [{ hash: sha256('the-key-of-the-shop') }] }],
    routes: routes(),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed;
  const only = (name: string) => ({ ...config, routes: config.routes.filter((route) => route.name === name) });
  const testers = [{ header: 'X-Tester', value: '*' }];
  const divided = withSplit(config, only('split'), { percentage: 20, testers });
  const both = withSplit(divided, only('sticky'), { percentage: 50, sticky: { by: 'header', name: 'X-User' } });
  const log = createLogger({ output: { write: () => true } });
  gateway = await startGateway({ config: both, log, version: '1.2.3' });
});
afterAll(async () => {
  await gateway.close({ drainMs: 0 });
  close();
});

type Asked = Partial<Omit<ExplainInput, 'headers'>> & { readonly headers?: Readonly<Record<string, string>> };

function explain(url: string, { headers = {}, ...asked }: Asked = {}): Promise<Explanation> {
  const fields = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return gateway.explain({
    method: 'GET',
    url: `http://shop.example.com${url}`,
    headers: fields,
    clientAddress: '198.51.100.7',
    ...asked,
  });
}

const shortRoutes = ({ routes: all }: Explanation) => all.map(({ route, outcome, by }) => [route, outcome, by]);
const shortPolicies = ({ policies }: Explanation) =>
  Object.fromEntries(policies.map(({ policy, outcome, code }) => [policy, code ?? outcome]));

function token(claims: object): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', jwtSecret).update(signed).digest('base64url')}`;
}

describe('the route', () => {
  test('is the one of the data path, with why the others were passed by, in the order of the router', async () => {
    const found = await explain('/orders/7');
    expect(found).toMatchObject({
      route: 'orders-get',
      parameters: { id: '7' },
      outcome: { kind: 'forwarded', backend: 'a' },
    });
    expect(shortRoutes(found)).toEqual([
      ['orders-beta', 'notMet', 'header'],
      ['orders-get', 'matched', undefined],
      ['orders', 'beaten', 'priority'],
      ['all', 'beaten', 'path'],
    ]);
    expect(shortRoutes(await explain('/orders/7', { headers: { 'x-beta': '1' } }))[1]).toEqual([
      'orders-get',
      'beaten',
      'conditions',
    ]);
    expect(shortRoutes(await explain('/orders/7', { method: 'PUT' }))).toContainEqual([
      'orders-get',
      'notMet',
      'method',
    ]);
    expect(shortRoutes(await explain('/x', { url: 'http://api.example.com/x' }))).toEqual([
      ['api', 'matched', undefined],
      ['all', 'beaten', 'host'],
    ]);
  });

  test('is found by the path in its normal form, and refused with the reason of the data path', async () => {
    expect(await explain('/a/..//orders/%37')).toMatchObject({ route: 'orders-get', request: { path: '/orders/7' } });
    expect((await explain('/%zz')).outcome).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`x-${at}`, '1']));
    expect((await explain('/', { headers: many })).outcome).toMatchObject({ status: 431, code: 'HEADERS_TOO_LARGE' });
  });

  test('is missing: the answer says the methods, or where the path is taken', async () => {
    expect((await explain('/orders/7/x', { method: 'PUT' })).outcome).toMatchObject({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
    });
    const elsewhere = await explain('/posts/1', { method: 'POST', url: 'http://[::1]:80/posts/1' });
    expect(elsewhere.route).toBe('all');
    const nowhere = await explain('', { method: 'PURGE', url: 'http://other.example.com/posts/1' });
    expect(nowhere.outcome).toMatchObject({ kind: 'answered', status: 405 });
  });
});

describe('the policies', () => {
  test('say what the credentials are worth without noting their use, and repeat none of them', async () => {
    const good = await explain('/keyed', { headers: { 'x-api-key': 'the-key-of-the-shop' } });
    expect(good.caller).toMatchObject({ method: 'apiKey', consumerId: 'shop', tier: 'gold' });
    expect(shortPolicies(good)).toEqual({
      authentication: 'passes',
      authorization: 'passes',
      rateLimit: 'passes',
      forwardedIdentity: 'passes',
      pathRewrite: 'passes',
    });
    expect(JSON.stringify(good)).toContain('/v1/keyed');
    const bad = await explain('/keyed', { headers: { 'x-api-key': 'the-key-of-nobody' } });
    expect(bad.outcome).toMatchObject({ kind: 'answered', status: 401, code: 'UNAUTHORIZED' });
    expect(shortPolicies(bad)).toMatchObject({ authentication: 'UNAUTHORIZED', authorization: 'notReached' });
    expect(JSON.stringify([good, bad])).not.toContain('the-key-of');
    expect([...gateway.consumers.usedSince('file', 0)]).toEqual([]);
  });

  test('judge tokens by the keys that are there', async () => {
    const withToken = (claims: object) => explain('/keyed', { headers: { authorization: `Bearer ${token(claims)}` } });
    expect(shortPolicies(await withToken({ exp: 1 }))).toMatchObject({ authentication: 'UNAUTHORIZED' });
    const lacking = await withToken({ sub: 'ada', exp: 4_000_000_000 });
    expect(lacking.outcome).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(lacking.caller).toMatchObject({ method: 'jwt', subject: 'ada' });
  });

  test('that would ask somebody are open, and so is what depends on who sends the request', async () => {
    const asked = await explain('/asks');
    expect(shortPolicies(asked)).toMatchObject({ authentication: 'open', authorization: 'open' });
    expect(asked.outcome).toMatchObject({ kind: 'open', backend: 'a' });
  });

  test('look at limits without taking from them', async () => {
    const send = () =>
      fetch(`http://127.0.0.1:${gateway.addresses.proxy?.port}/keyed`, {
        headers: { 'x-api-key': 'the-key-of-the-shop' },
      });
    const ask = () => explain('/keyed', { headers: { 'x-api-key': 'the-key-of-the-shop' } });
    for (let turn = 0; turn < 5; turn++) expect((await ask()).outcome.kind).toBe('forwarded');
    expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
    expect((await ask()).outcome).toMatchObject({ kind: 'answered', status: 429, code: 'RATE_LIMIT_EXCEEDED' });
  });
});

describe('the version', () => {
  test('is certain for a tester, and told by the shares when chance decides', async () => {
    expect((await explain('/split')).version).toMatchObject({
      version: 'stable',
      isCertain: false,
      by: 'share',
      shares: { stable: 80, candidate: 20 },
    });
    const tester = await explain('/split', { headers: { 'x-tester': 'yes' } });
    expect(tester.version).toMatchObject({ version: 'candidate', isCertain: true, by: 'tester' });
  });

  test('of a sticky user is the one that the data path chooses', async () => {
    const versions = new Set<string>();
    for (const user of ['ada', 'bob', 'eve', 'joe', 'kim', 'lea', 'max', 'ned']) {
      const { version } = await explain('/sticky', { headers: { 'x-user': user } });
      expect(version).toMatchObject({ isCertain: true, by: 'sticky' });
      versions.add(version?.version ?? '');
    }
    expect(versions).toEqual(new Set(['stable', 'candidate']));
  });
});

describe('the backends', () => {
  test('are told with why each may be chosen or not, and which the strategy would choose', async () => {
    const { backends, candidates, strategy, limits } = await explain('/orders/7', { method: 'PUT' });
    expect([strategy, candidates, limits?.timeoutMs]).toEqual(['RoundRobin', ['a'], 7000]);
    expect(backends).toMatchObject([
      { backend: 'a', mayBeChosen: true, health: 'Unknown', weight: 100, isEjected: false },
      { backend: 'b', mayBeChosen: false, isEnabled: false, explanation: 'it is disabled' },
    ]);
    const none = await explain('/none');
    expect(none.outcome).toMatchObject({ kind: 'answered', status: 503, code: 'NO_BACKEND_AVAILABLE' });
  });

  test('by the address of the client: that of the caller, or the one that a trusted proxy tells', async () => {
    const own = await explain('/hashed');
    expect(own.candidates).toHaveLength(1);
    expect(own.retry).toMatchObject({ maxAttempts: 2, isIdempotent: true });
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    expect((await explain('/hashed', { headers })).request?.clientAddress).toBe('198.51.100.7');
    const told = await explain('/hashed', { headers, clientAddress: '192.0.2.1' });
    expect(told.request?.clientAddress).toBe('203.0.113.9');
  });
});

test('nothing was sent and nothing was counted', async () => {
  const before = received;
  const statistics = () => gateway.status.load().activeRequests;
  for (const path of ['/orders/7', '/split', '/sticky', '/keyed', '/none', '/nowhere']) await explain(path);
  expect([received - before, statistics()]).toEqual([0, 0]);
  expect(gateway.status.splits().map(({ stable, candidate }) => [stable.requests, candidate.requests])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
