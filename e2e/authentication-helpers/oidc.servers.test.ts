import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, startSluice, until } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';
import { startHelper, unhelpful } from './helper-server.ts';
import type { Behaviour, HelperServer } from './helper-server.ts';

let helper: HelperServer;
let sluice: Sluice;

const wellKnown = '/.well-known/openid-configuration';
const metadata = (name: string, rest: object = {}): string => {
  const issuer = `${helper.server.url}/${name}`;
  const endpoints = {
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
  };
  return JSON.stringify({ issuer, ...endpoints, ...rest });
};
const json = (response: Parameters<Behaviour>[1], text: string): void =>
  void response.setHeader('content-type', 'application/json').end(text);

const failures = Object.entries({
  ...unhelpful,
  'answering HTML': (_request, response) => response.setHeader('content-type', 'text/html').end('<html>'),
  'answering no JSON': (_request, response) => json(response, '{"issuer":'),
  'another one than its address says': (_request, response) => json(response, metadata('other')),
  'sending elsewhere': (_request, response) =>
    response.writeHead(302, { location: `${helper.server.url}/back${wellKnown}` }).end(),
} satisfies Record<string, Behaviour>).map(([way, behaviour]) => ({ way, name: way.replaceAll(' ', '-'), behaviour }));

beforeAll(async () => {
  helper = await startHelper();
  for (const { name, behaviour } of failures) helper.behaviours.set(`/${name}${wellKnown}`, behaviour);
  const routes: GatewayConfigInput['routes'] = [...failures.map(({ name }) => name), 'back'].map((name) => ({
    name,
    pathPattern: `/${name}/**`,
    hosts: ['shop.test'],
    backends: [{ name: 'backend', url: helper.server.url }],
    authentication: {
      methods: [
        {
          type: 'oidc',
          issuer: `${helper.server.url}/${name}`,
          clientId: 'web',
          clientSecret: 'a secret of some length',
          timeout: '300ms',
        },
      ],
    },
  }));
  sluice = await startSluice({ proxy: { workers: 1 }, routes });
});
afterAll(async () => {
  await sluice.stop();
  await helper.server.close();
});

const visit = (path: string, headers: Record<string, string> = { accept: 'text/html' }) =>
  ask(sluice.proxyPort, path, { headers: { host: 'shop.test', ...headers } });

describe.each(failures)('a provider that is $way', ({ name }) => {
  test('begins no login: 503, and says nothing of itself', async () => {
    const { status, body } = await visit(`/${name}/`);
    expect([status, body]).toEqual([503, expect.stringContaining('AUTHENTICATION_UNAVAILABLE')]);
    expect(body).not.toContain('127.0.0.1');
  });
});

test('requests of scripts do not ask it: 401', async () => {
  const before = helper.asked(`/slow${wellKnown}`).length;
  expect((await visit('/slow/', { accept: 'application/json' })).status).toBe(401);
  expect(helper.asked(`/slow${wellKnown}`)).toHaveLength(before);
});

test('one that keeps failing is asked five times, then now and then', async () => {
  const asked = () => helper.asked(`/failing${wellKnown}`).length;
  for (let i = 0; i < 20; i++) expect((await visit('/failing/')).status).toBe(503);
  expect(asked()).toBeGreaterThanOrEqual(5);
  expect(asked()).toBeLessThan(15);
});

test('one that is back begins logins, and is asked about itself once', async () => {
  expect((await visit('/back/')).status).toBe(503);
  helper.behaviours.set(`/back${wellKnown}`, (_request, response) => json(response, metadata('back')));
  await until('the login', async () => (await visit('/back/')).status === 303);
  const before = helper.asked(`/back${wellKnown}`).length;
  for (let i = 0; i < 5; i++) expect((await visit('/back/')).status).toBe(303);
  expect(helper.asked(`/back${wellKnown}`)).toHaveLength(before);
});
