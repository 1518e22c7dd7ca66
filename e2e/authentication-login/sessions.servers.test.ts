import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import type { RunningProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { Browser } from './browser.ts';

const shop = 'http://shop.test';
const redirectUrl = `${shop}/oidc/callback`;

let backend: HttpBackend;
let provider: RunningProvider;
let nodes: Sluice[];

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => void response.end(JSON.stringify(request.headers));
  // A token of 5 s is renewed after 4.
  provider = await startProvider({ redirectUrl, accessTokenSeconds: 5 });
  const client = { clientId: provider.clientId, clientSecret: provider.clientSecret };
  const login = { ...client, type: 'oidc', issuer: provider.issuer } as const;
  const config: GatewayConfigInput = {
    proxy: { workers: 2 },
    routes: [
      {
        name: 'shop',
        hosts: ['shop.test'],
        backends: [{ name: 'backend', url: backend.url }],
        authentication: { methods: [login], forward: { subject: 'X-User' } },
      },
      {
        name: 'machines',
        hosts: ['machines.test'],
        backends: [{ name: 'backend', url: backend.url }],
        authentication: {
          methods: [{ ...client, type: 'introspection', url: `${provider.issuer}/token/introspection` }],
          forward: { subject: 'X-User' },
        },
      },
    ],
  };
  nodes = [await startSluice(config), await startSluice(config)];
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  await provider.close();
  await backend.close();
});

async function loggedIn(): Promise<{ browser: Browser; onOther: Browser }> {
  const portOf = (node: Sluice) => (host: string) =>
    host === 'shop.test' ? node.proxyPort : Number(host.split(':')[1]);
  const [browser, onOther] = nodes.map((node) => new Browser(portOf(node)));
  const { headers } = await browser.get(`${shop}/`);
  await browser.get(await provider.browse(String(headers.location), 'ann'));
  onOther.jars.set('shop.test', browser.jar('shop.test'));
  return { browser, onOther };
}

const sessionOf = (browser: Browser): string => [...browser.jar('shop.test').values()].join();
const questions = (): Promise<number> =>
  nodes[0].metric('api_gateway_helper_questions_total', { helper: 'oidc', outcome: 'answered' });

test('an opaque token of client credentials is introspected at the provider that gave it', async () => {
  const { clientId, clientSecret, issuer } = provider;
  const pair = new URLSearchParams({ [clientId]: clientSecret }).toString().replace('=', ':');
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const send = (bearer: string) =>
    ask(nodes[0].proxyPort, '/', { headers: { host: 'machines.test', authorization: `Bearer ${bearer}` } });
  const answer = await send(token);
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { 'x-user': clientId }]);
  expect((await send(`${token}x`)).status).toBe(401);
});

test('a session is good on every worker and on every node with the same settings', async () => {
  const { browser, onOther } = await loggedIn();
  for (let i = 0; i < 10; i++)
    expect([(await browser.get(`${shop}/`)).status, (await onOther.get(`${shop}/`)).status]).toEqual([200, 200]);
});

test('a session is renewed ahead of its end, once for all requests on all workers; those with the one before it pass', async () => {
  const { browser } = await loggedIn();
  const first = sessionOf(browser);
  const before = await questions();
  const statuses = new Set<number>();
  await until('the session to be renewed', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => browser.get(`${shop}/`)));
    for (const { status } of answers) statuses.add(status);
    return sessionOf(browser) !== first;
  });
  expect([...statuses]).toEqual([200]);
  // The refresh, the keys that verify its ID token, and what a worker did not know yet of the provider.
  expect((await questions()) - before).toBeLessThanOrEqual(3);
  const late = await loggedInWith(first);
  const after = await questions();
  for (let i = 0; i < 10; i++) expect((await late.get(`${shop}/`)).status).toBe(200);
  expect(await questions()).toBe(after);
});

async function loggedInWith(session: string): Promise<Browser> {
  const { browser } = await loggedIn();
  const [name] = browser.jar('shop.test').keys();
  browser.jar('shop.test').set(name, session);
  return browser;
}

test('a session that is over at the provider ends in a new login', async () => {
  const { browser } = await loggedIn();
  const port = Number(new URL(provider.issuer).port);
  await provider.close();
  // It knows nothing of the tokens of the one before.
  provider = await startProvider({ redirectUrl, accessTokenSeconds: 5, port });
  await until('the session to be over', async () => (await browser.get(`${shop}/`)).status !== 200);
  const { status, headers } = await browser.get(`${shop}/`);
  expect([status, new URL(String(headers.location)).origin]).toEqual([303, provider.issuer]);
});
