import type { GatewayConfigInput } from '@sluice/model';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import type { RunningProvider } from '../../packages/control/src/access/testing/start-provider.ts';
import { startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

// The files of docs/recipes.md with real requests, and tokens of a real provider.

const page = new URL('../../docs/recipes.md', import.meta.url);
let provider: RunningProvider;
let backend: HttpBackend;

beforeAll(async () => {
  provider = await startProvider();
  backend = await startHttpBackend('backend');
  backend.answer = (request, response) => void response.end(JSON.stringify(request.headers));
});
afterAll(async () => {
  await provider.close();
  await backend.close();
});

/** The file of this name, with the addresses of this test. */
async function recipe(name: string): Promise<GatewayConfigInput> {
  const [, text = ''] = (await readFile(page, 'utf8')).split(`\`\`\`yaml\n# ${name}\n`);
  const written = (text.split('```')[0] ?? '')
    .replaceAll('http://127.0.0.1:9100/jwks.json', `${provider.issuer}/jwks`)
    .replaceAll('https://id.example', provider.issuer)
    .replaceAll(/http:\/\/127\.0\.0\.1:900[12]/g, backend.url);
  return { ...(parse(written) as GatewayConfigInput), proxy: { workers: 1 } };
}

/** A token that a program gets with its own credentials. */
async function tokenFor(resource: string, scope?: string): Promise<string> {
  const asked = {
    grant_type: 'client_credentials',
    resource: `urn:${resource}`,
    ...(scope !== undefined && { scope }),
  };
  const credentials = Buffer.from(`${provider.clientId}:${encodeURIComponent(provider.clientSecret)}`);
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${credentials.toString('base64')}` },
    body: new URLSearchParams(asked),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

function ask(sluice: Sluice, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(`http://127.0.0.1:${sluice.proxyPort}${path}`, { method, headers });
}
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

test('a program with a token for orders is let in, others are not', async () => {
  const sluice = await startSluice(await recipe('machine-to-machine.yaml'));
  const token = await tokenFor('orders', 'orders:read');
  const answer = await ask(sluice, '/orders/7', { ...bearer(token), 'X-Client-Id': 'root' });
  expect([answer.status, answer.headers.get('x-ratelimit-limit')]).toEqual([200, '100']);
  expect(await answer.json()).toMatchObject({ 'x-client-id': provider.clientId });
  expect((await ask(sluice, '/orders/7', bearer(await tokenFor('orders')))).status).toBe(403);
  expect((await ask(sluice, '/orders/7', bearer(await tokenFor('other', 'orders:read')))).status).toBe(401);
  expect((await ask(sluice, '/orders/7')).status).toBe(401);
  await sluice.stop();
});

test('the files of an app are for everybody, its API needs a token, and a scope to write', async () => {
  const sluice = await startSluice(await recipe('single-page-app.yaml'));
  expect((await ask(sluice, '/index.html')).status).toBe(200);
  expect((await ask(sluice, '/api/cart')).status).toBe(401);
  const reader = bearer(await tokenFor('api'));
  const seen = await ask(sluice, '/api/cart', { ...reader, 'X-User-Id': 'root', X_User_Email: 'root@a' });
  const headers = (await seen.json()) as Record<string, string>;
  expect([seen.status, headers['x-user-id'], headers['x_user_email']]).toEqual([200, provider.clientId, undefined]);
  expect((await ask(sluice, '/api/cart', reader, 'POST')).status).toBe(403);
  expect((await ask(sluice, '/api/cart', bearer(await tokenFor('api', 'api:write')), 'POST')).status).toBe(200);
  await sluice.stop();
});

test('a partner has its limits, and is locked out without a restart', async () => {
  const key = { 'X-API-Key': 'slc_a-key-of-a-partner-for-this-test' };
  const hash = `sha256:${createHash('sha256').update(key['X-API-Key']).digest('hex')}`;
  const { consumers: [acme] = [], ...others } = await recipe('partner.yaml');
  const partner = { ...acme, keys: [{ hash }] };
  const sluice = await startSluice({ ...others, consumers: [partner] });
  const answer = await ask(sluice, '/orders/7', key);
  expect([answer.status, answer.headers.get('x-ratelimit-limit')]).toEqual([200, '300']);
  const headers = (await answer.json()) as Record<string, string>;
  expect(headers).toMatchObject({ 'x-consumer-id': 'acme', 'x-organization': 'acme', 'x-tier': 'partner' });
  expect(headers).not.toHaveProperty('x-api-key');
  expect((await ask(sluice, '/orders/7')).status).toBe(401);
  await sluice.writeConfig({ ...others, consumers: [{ ...partner, isEnabled: false }] });
  await until('the partner to be locked out', async () => (await ask(sluice, '/orders/7', key)).status === 401);
  await sluice.stop();
});
