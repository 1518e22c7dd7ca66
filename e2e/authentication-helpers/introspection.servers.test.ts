import type { GatewayConfigInput } from '@sluice/model';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';
import { startHelper, unhelpful } from './helper-server.ts';
import type { Behaviour, HelperServer } from './helper-server.ts';

type Route = NonNullable<GatewayConfigInput['routes']>[number];

let backend: HttpBackend;
let helper: HelperServer;
let sluice: Sluice;
let config: GatewayConfigInput;

const client = { clientId: 'gate way', clientSecret: 'pä:ss+word' };
const failures = Object.entries({
  ...unhelpful,
  'answering HTML': (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>active</html>'),
  'answering without active': (_request, response) => response.end('{"sub":"ann"}'),
  'answering active as a text': (_request, response) => response.end('{"active":"true","sub":"ann"}'),
  'answering active twice': (_request, response) => response.end('{"active":false,"active":true}'),
  'answering more than 16 KiB': (_request, response) => response.end(`{"active":true,"x":"${'x'.repeat(17_000)}"}`),
  'refusing the client': (_request, response) => response.writeHead(401).end(),
  'sending elsewhere': (_request, response) =>
    response.writeHead(302, { location: `${helper.server.url}/usual` }).end(),
} satisfies Record<string, Behaviour>).map(([way, behaviour]) => ({ way, name: way.replaceAll(' ', '-'), behaviour }));

function route(name: string, settings: object = {}): Route {
  const method = { type: 'introspection', url: `${helper.server.url}/${name}`, ...client, ...settings } as const;
  const forward = { subject: 'X-Subject', tier: 'X-Tier', claims: { scope: 'X-Scope' } };
  return {
    name,
    pathPattern: `/${name}/**`,
    backends: [{ name: 'backend', url: backend.url }],
    authentication: { methods: [method], forward },
  };
}

/** Answers by the token, whose text is the answer in base64url. */
const telling: Behaviour = (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const token = new URLSearchParams(String(Buffer.concat(pieces))).get('token') ?? '';
    response.end(Buffer.from(token, 'base64url'));
  });
};
const tokenFor = (answer: object): string => Buffer.from(JSON.stringify(answer)).toString('base64url');
const seconds = (from: number): number => Math.floor(Date.now() / 1000) + from;

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => void response.end(JSON.stringify(request.headers));
  helper = await startHelper();
  for (const { name, behaviour } of failures) helper.behaviours.set(`/${name}`, behaviour);
  for (const name of ['/usual', '/strict', '/kept', '/by-file']) helper.behaviours.set(name, telling);
  config = {
    proxy: { workers: 1 },
    routes: [
      route('usual'),
      route('strict', { issuer: 'https://id.test', audience: ['orders', 'users'], clockTolerance: '10m' }),
      route('kept', { clientAuthentication: 'post', cacheFor: '10m' }),
      ...failures.map(({ name }) => route(name, { timeout: '300ms' })),
    ],
  };
  sluice = await startSluice(config);
});
afterAll(async () => {
  await sluice.stop();
  await helper.server.close();
  await backend.close();
});

const get = (path: string, token: string | readonly string[]): Promise<Answer> => {
  const lines = [token].flat().flatMap((text) => ['Authorization', `Bearer ${text}`]);
  return ask(sluice.proxyPort, path, { headers: ['Host', 'a', ...lines] });
};
const seen = (answer: Answer): Record<string, string> => JSON.parse(answer.body) as Record<string, string>;

test('the client proves itself by Basic, each part encoded as RFC 6749 §2.3.1 says, or in the body', async () => {
  await get('/usual/', tokenFor({ active: true, sub: 'a' }));
  const [question] = helper.asked('/usual');
  const [id, secret] = String(Buffer.from(String(question.headers.authorization).slice(6), 'base64')).split(':');
  expect([id, secret]).toEqual(['gate+way', 'p%C3%A4%3Ass%2Bword']);
  expect(question.headers['content-type']).toBe('application/x-www-form-urlencoded');
});

test('an active token passes with what the endpoint says about it', async () => {
  const answer = await get('/usual/', tokenFor({ active: true, username: 'ann', tier: 'gold', scope: 'a b' }));
  expect(seen(answer)).toMatchObject({ 'x-subject': 'ann', 'x-tier': 'gold', 'x-scope': 'a b' });
});

describe('refused', () => {
  test.each([
    ['a token that is not active', '/usual/', { active: false }],
    ['an expired one', '/usual/', { active: true, exp: seconds(-1) }],
    ['one that is not valid yet', '/usual/', { active: true, nbf: seconds(3600) }],
    ['one without the issuer', '/strict/', { active: true, aud: 'users' }],
    ['one of another issuer', '/strict/', { active: true, aud: 'users', iss: 'https://id.test/' }],
    ['one for others', '/strict/', { active: true, aud: ['a', 'b'], iss: 'https://id.test' }],
  ])('%s', async (_case, path, answer) => {
    const { status, headers } = await get(path, tokenFor(answer));
    expect([status, headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('Bearer realm="api", error="invalid_token"'),
    ]);
  });

  test.each([
    ['several tokens', ['a', 'b']],
    ['a token that is none', 'a b'],
    ['an empty one', ''],
  ])('%s, without asking', async (_case, token) => {
    const before = helper.asked('/usual').length;
    expect((await get('/usual/', token)).status).toBe(401);
    expect(helper.asked('/usual')).toHaveLength(before);
  });

  test('a request without a token, with a challenge', async () => {
    const { status, headers } = await ask(sluice.proxyPort, '/usual/');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="api"']);
  });

  test('but not one within the tolerance', async () => {
    const good = { active: true, exp: seconds(-60), aud: ['x', 'users'], iss: 'https://id.test' };
    expect((await get('/strict/', tokenFor(good))).status).toBe(200);
  });
});

describe.each(failures)('an endpoint that is $way', ({ name }) => {
  test('lets nobody through, and says nothing of itself: 503', async () => {
    const before = [backend.requests, helper.asked('/usual').length];
    const { status, body } = await get(`/${name}/`, 'token');
    expect([status, JSON.parse(body)]).toMatchObject([503, { error: { code: 'AUTHENTICATION_UNAVAILABLE' } }]);
    expect(body).not.toContain('127.0.0.1');
    expect([backend.requests, helper.asked('/usual').length]).toEqual(before);
  });
});

test('a dead endpoint is spared, what is known of tokens stays good, and all is well when it is back', async () => {
  const known = tokenFor({ active: true, sub: 'known' });
  expect((await get('/kept/', known)).status).toBe(200);
  helper.behaviours.set('/kept', (_request, response) => response.destroy());
  for (let i = 0; i < 20; i++) expect((await get('/kept/', tokenFor({ active: true, i }))).status).toBe(503);
  expect(helper.asked('/kept').length).toBeLessThan(12);
  expect((await get('/kept/', known)).status).toBe(200);
  helper.behaviours.set('/kept', telling);
  await until(
    'it to be back',
    async () => (await get('/kept/', tokenFor({ active: true, sub: 'new' }))).status === 200,
  );
});

test('requests with one token at a time ask once; good and bad answers are kept, over a change of the route too', async () => {
  const [good, bad] = [tokenFor({ active: true, jti: 1 }), tokenFor({ active: false, jti: 2 })];
  const before = helper.asked('/kept').length;
  const statuses = await Promise.all(
    [...Array(20).keys()].map(async (i) => (await get('/kept/', i % 2 ? good : bad)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200, 401]));
  const kept = { ...route('kept', { clientAuthentication: 'post', cacheFor: '10m' }), timeoutSeconds: 31 };
  await sluice.apply({ ...config, routes: [...(config.routes ?? []).filter(({ name }) => name !== 'kept'), kept] });
  await get('/kept/', good);
  expect(helper.asked('/kept')).toHaveLength(before + 2);
});

test('the secret of the client may be in a file, which is followed', async () => {
  const file = join(dirname(sluice.configFile), 'gw.secret');
  await writeFile(file, 'first\n');
  const byFile = route('by-file', { clientSecret: undefined, clientSecretFile: file, cacheFor: '0s' });
  await sluice.apply({ ...config, routes: [...(config.routes ?? []), byFile] });
  const sent = async (): Promise<string> => {
    await get('/by-file/', tokenFor({ active: true }));
    return String(Buffer.from(String(helper.asked('/by-file').at(-1)?.headers.authorization).slice(6), 'base64'));
  };
  expect(await sent()).toBe('gate+way:first');
  await writeFile(file, 'second');
  await until('the new secret', async () => (await sent()) === 'gate+way:second');
});

test('no secret and no token is in the log', () => {
  expect(sluice.output).not.toContain(client.clientSecret);
  expect(sluice.output).not.toContain(tokenFor({ active: false }));
});
