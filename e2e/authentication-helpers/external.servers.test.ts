import type { GatewayConfigInput } from '@sluice/model';
import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';
import { startHelper, unhelpful } from './helper-server.ts';
import type { HelperServer } from './helper-server.ts';

type Route = NonNullable<GatewayConfigInput['routes']>[number];

let backend: HttpBackend;
let helper: HelperServer;
let sluice: Sluice;

const chosen = {
  requestHeaders: ['Authorization', 'Cookie', 'X-Tenant'],
  upstreamHeaders: ['X-User', 'X-Tenant'],
  responseHeaders: ['WWW-Authenticate', 'Location', 'Set-Cookie', 'X-Reason'],
  identity: { subject: 'X-Sub', organization: 'X-Org', tier: 'X-Tier', claims: { email: 'X-Mail' } },
};

/** A route whose helper is asked at a path of its own. */
function route(name: string, settings: object = {}, rest: Partial<Route> = {}): Route {
  const method = { type: 'external', url: `${helper.server.url}/${name}`, ...settings } as const;
  const forward = {
    subject: 'X-Subject',
    organization: 'X-Organization',
    tier: 'X-Level',
    claims: { email: 'X-Email' },
  };
  return {
    name,
    pathPattern: `/${name}/**`,
    backends: [{ name: 'backend', url: backend.url }],
    authentication: { methods: [method], forward },
    ...rest,
  };
}

const failures = Object.keys(unhelpful).map((way) => ({ way, name: way.replaceAll(' ', '-') }));

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => void response.end(JSON.stringify(request.headers));
  helper = await startHelper();
  for (const { way, name } of failures) {
    helper.behaviours.set(`/${name}`, unhelpful[way]);
    helper.behaviours.set(`/${name}-open`, unhelpful[way]);
  }
  const quick = { timeout: '200ms', upstreamHeaders: ['X-User'] };
  sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [
      route('chosen', chosen),
      route('raw', {}, { path: 'raw' }),
      route('kept', { cacheFor: '1m' }),
      route('dead', { url: 'http://127.0.0.1:9/dead' }),
      ...failures.flatMap(({ name }) => [route(name, quick), route(`${name}-open`, { ...quick, onError: 'allow' })]),
    ],
  });
});
afterAll(async () => {
  await sluice.stop();
  await helper.server.close();
  await backend.close();
});

const get = (path: string, headers: OutgoingHttpHeaders = {}, rest: object = {}): Promise<Answer> =>
  ask(sluice.proxyPort, path, { headers, ...rest });
const seen = (answer: Answer): Record<string, string> => JSON.parse(answer.body) as Record<string, string>;

describe('what is sent', () => {
  test('method, address, client and the chosen headers, by GET and without the body', async () => {
    helper.behaviours.set('/chosen', (_request, response) => response.writeHead(204).end());
    const headers = {
      host: 'shop.test:81',
      authorization: 'Bearer t',
      'x-tenant': 'a',
      'x-other': 'b',
      'x-forwarded-for': '6.6.6.6',
    };
    await get('/chosen/a/../b?c=d', headers, { method: 'PUT', body: 'secret' });
    const [question] = helper.asked('/chosen').slice(-1);
    expect(question.method).toBe('GET');
    expect(question.headers).toMatchObject({
      authorization: 'Bearer t',
      'x-tenant': 'a',
      'x-forwarded-method': 'PUT',
      'x-forwarded-uri': '/chosen/b?c=d',
      'x-forwarded-host': 'shop.test:81',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
      host: new URL(helper.server.url).host,
    });
    expect(question.headers).not.toHaveProperty('x-other');
    expect(question.headers).not.toHaveProperty('content-length');
  });

  test('the path that the backend gets, where it gets the received one', async () => {
    helper.behaviours.set('/raw', (_request, response) => response.writeHead(204).end());
    await get('/raw/a%2Fb');
    expect(helper.asked('/raw').at(-1)?.headers['x-forwarded-uri']).toBe('/raw/a%2Fb');
  });

  test('a header that was sent twice is refused: the backend might read the other one', async () => {
    const answer = await get('/chosen/', { 'x-tenant': ['a', 'b'] });
    expect(answer.status).toBe(401);
  });
});

describe('what an answer means', () => {
  test('2xx allows: the backend gets the chosen headers and the identity, and none of what the client wrote there', async () => {
    helper.behaviours.set('/chosen', (_request, response) =>
      response
        .writeHead(200, { 'x-sub': 'ann', 'x-org': 'acme', 'x-mail': 'a@b', 'x-tenant': 'real', 'x-internal': 'no' })
        .end('<html>'),
    );
    const forged = { 'x-user': 'root', x_user: 'root', 'x-tenant': 'forged', 'x-subject': 'root', 'x-level': 'vip' };
    const got = seen(await get('/chosen/', forged));
    expect(got).toMatchObject({ 'x-subject': 'ann', 'x-organization': 'acme', 'x-email': 'a@b', 'x-tenant': 'real' });
    for (const name of ['x-user', 'x_user', 'x-level', 'x-internal']) expect(got).not.toHaveProperty(name);
  });

  test.each([401, 403, 404, 429])('%d denies, with its body and the chosen headers', async (status) => {
    helper.behaviours.set('/chosen', (_request, response) =>
      response
        .writeHead(status, {
          'x-reason': 'why',
          'x-internal': 'no',
          'set-cookie': ['a=1', 'b=2'],
          'content-type': 'text/x',
        })
        .end('denied'),
    );
    const answer = await get('/chosen/');
    expect([answer.status, answer.body]).toEqual([status, 'denied']);
    expect(answer.headers).toMatchObject({ 'x-reason': 'why', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/x' });
    expect(answer.headers).not.toHaveProperty('x-internal');
  });

  test('3xx sends the client to a login', async () => {
    helper.behaviours.set('/chosen', (_request, response) =>
      response.writeHead(302, { location: 'https://id.test/' }).end(),
    );
    const answer = await get('/chosen/');
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://id.test/']);
  });

  test('a long body of a denial is left out', async () => {
    helper.behaviours.set('/chosen', (_request, response) => response.writeHead(403).end('x'.repeat(20_000)));
    const answer = await get('/chosen/');
    expect([answer.status, answer.body]).toEqual([403, '']);
  });
});

describe.each(failures)('a helper that is $way', ({ name }) => {
  test('denies by default: 503, and the backend is not asked', async () => {
    const before = backend.requests;
    const answer = await get(`/${name}/`);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      503,
      { error: { code: 'AUTHENTICATION_UNAVAILABLE' } },
    ]);
    expect(answer.body).not.toContain('stack trace');
    expect(backend.requests).toBe(before);
  });

  test('lets through with onError: allow, without identity and without what the client forged', async () => {
    const answer = await get(`/${name}-open/`, { 'x-user': 'root', 'x-subject': 'root' });
    expect(answer.status).toBe(200);
    expect(seen(answer)).not.toHaveProperty('x-user');
    expect(seen(answer)).not.toHaveProperty('x-subject');
  });
});

test('one that is dead denies', async () => {
  expect((await get('/dead/')).status).toBe(503);
});

test('one that keeps failing is asked five times, then now and then; when it is back, so are the routes', async () => {
  for (let i = 0; i < 30; i++) await get('/failing/');
  expect(helper.asked('/failing').length).toBeLessThan(10);
  helper.behaviours.set('/failing', (_request, response) => response.writeHead(204).end());
  await until('the route to be back', async () => (await get('/failing/')).status === 200);
  expect(
    await sluice.metric('api_gateway_helper_questions_total', { helper: 'external', outcome: 'skipped' }),
  ).toBeGreaterThan(10);
});

test('answers are kept only with cacheFor, by all that was sent, and stay good when the helper is dead', async () => {
  helper.behaviours.set('/kept', (_request, response) => response.writeHead(204).end());
  for (const headers of [{}, {}, { authorization: 'Bearer a' }, { authorization: 'Bearer a' }])
    await get('/kept/', headers);
  expect(helper.asked('/kept')).toHaveLength(2);
  await get('/kept/other');
  expect(helper.asked('/kept')).toHaveLength(3);
  helper.behaviours.set('/kept', (_request, response) => response.destroy());
  expect((await get('/kept/')).status).toBe(200);
  expect((await get('/kept/unknown')).status).toBe(503);
});
