import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AddressAnswer } from './ask-address.ts';
import { checkClock } from './check-clock.ts';
import { checkHelper, checkHelpers } from './check-helpers.ts';
import { helpersOf } from './helpers-of.ts';
import { realProbes } from './probes.ts';
import { healthyProbes, linesOf } from './testing/check-input.ts';

const backends = [{ name: 'a', url: 'http://192.0.2.1' }];
const route = <T extends { readonly type: string }>(name: string, method: T) => ({
  name,
  backends,
  authentication: { methods: [method] },
});
const jwks = 'https://id.example/jwks.json';
const jwt = { type: 'jwt', jwksUrl: `${jwks}?key=hunter2`, algorithms: ['RS256', 'EdDSA'] };
const external = { type: 'external' as const, url: 'http://127.0.0.1:9100/check' };
const introspection = { type: 'introspection', url: 'https://id.example/introspect' };
const oidc = { type: 'oidc', issuer: 'https://id.example' };

/** What is found of one route with this method, when its server answers so. */
function found(method: { readonly type: string }, answer: Partial<AddressAnswer> | Error): Promise<string[]> {
  const askHelper = async (): Promise<AddressAnswer> => {
    if (answer instanceof Error) throw answer;
    return { status: 200, body: '{}', date: undefined, certificateEnds: undefined, ...answer };
  };
  const [helper] = helpersOf([route('orders', method)]);
  return linesOf((input) => checkHelper(helper, input), { probes: { askHelper } });
}

const keys = (...all: readonly (object | null)[]): string => JSON.stringify({ keys: all });
const rsa = { kty: 'RSA', use: 'sig' };
const ed25519 = { kty: 'OKP', alg: 'EdDSA' };

test('a server is asked once, for all routes whose policies ask it', () => {
  const routes = [route('a', { ...jwt, algorithms: ['RS256'] }), route('b', jwt), route('c', external)];
  expect(helpersOf(routes)).toEqual([
    { kind: 'jwksUrl', url: jwt.jwksUrl, caFile: undefined, routes: ['a', 'b'], algorithms: ['RS256', 'EdDSA'] },
    { kind: 'external', url: external.url, caFile: undefined, routes: ['c'], algorithms: [] },
  ]);
});

test.each([
  [keys(rsa, ed25519), `ok: ${jwks} (jwksUrl of orders) answers 2 keys`],
  [keys(rsa), `warn: ${jwks} (jwksUrl of orders) has no key for EdDSA. name the algorithms`],
  [keys({ ...rsa, use: 'enc' }, { ...rsa, alg: 'RS512' }, null), `fail: ${jwks} (jwksUrl of orders) has no key for RS`],
  ['<html>', `fail: ${jwks} (jwksUrl of orders) does not answer a key set. check jwksUrl`],
])('a key set: %s', async (body, line) => {
  const [first, ...others] = await found(jwt, { body });
  expect(first?.startsWith(line)).toBe(true);
  expect([first, ...others].join()).not.toContain('hunter2');
});

test.each([
  [jwt, { status: 404 }, /^fail: .*\/jwks\.json .* answers 404 instead of 200\. check the address/],
  [jwt, new Error('ENOTFOUND'), /^fail: .* cannot be reached: ENOTFOUND\. check .* and caFile: .*answered with 503/],
  [external, new Error('ECONNREFUSED'), /^fail: .*:9100\/check .*external of orders.* ECONNREFUSED.*onError decides/],
  [external, { status: 403 }, /^ok: .* can be reached$/],
  [introspection, { status: 401 }, /^ok: .*introspect \(introspection of orders\) can be reached$/],
  [introspection, { status: 502 }, /^warn: .* answers 502 to a question without credentials/],
  [oidc, { body: '{"issuer":"https://id.example"}' }, /^ok: .*\/openid-configuration .* answers as this issuer$/],
  [
    oidc,
    { body: '{"issuer":"https://evil.example"}' },
    /^fail: .* does not answer as the issuer https:\/\/id\.example/,
  ],
])('%j, which answers %j', async (method, answer, line) => {
  expect(await found(method, answer)).toEqual([expect.stringMatching(line)]);
});

test('a certificate that ends soon is told in time', async () => {
  const now = healthyProbes.wallClock();
  const certificateEnds = now + 3 * 86_400_000;
  expect(await found(external, { certificateEnds })).toEqual([
    expect.stringMatching(/^ok/),
    expect.stringMatching(/^warn: the certificate of .* ends in 3 days\. have it renewed/),
  ]);
  expect(await found(external, { certificateEnds: now + 30 * 86_400_000 })).toHaveLength(1);
});

test('the clock is compared with those of the servers that policies ask', async () => {
  const date = healthyProbes.wallClock() - 10_000;
  const askHelper = () => Promise.resolve({ status: 200, body: '', date, certificateEnds: undefined });
  const config = { routes: [route('orders', external)] };
  expect(await linesOf(checkClock, { config, probes: { askHelper } })).toEqual([
    expect.stringMatching(/^warn: 9\.5 s ahead of 127\.0\.0\.1:9100\. keep the clock right/),
  ]);
});

test('every server that the configuration names is looked at', async () => {
  const config = { routes: [route('orders', external), route('users', external)] };
  expect(await linesOf(checkHelpers, { config })).toEqual([
    'ok: http://127.0.0.1:9100/check (external of orders, users) can be reached',
  ]);
});

test('a control process asks none of them, and a route without policies has none', async () => {
  expect(await linesOf(checkHelpers, { config: { routes: [{ name: 'r', backends }] } })).toEqual([]);
  expect(await linesOf(checkHelpers, { config: { role: 'control' } })).toEqual([]);
});

test('a server is verified with the authority that the method names, and without it is not trusted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  const [certFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...names, '-out', certFile], { stdio: 'pipe' });
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const server = createServer(pair, (_request, response) => response.end(keys(rsa))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  try {
    const answer = await realProbes.askHelper(url, 'ca.pem', folder);
    expect(answer).toMatchObject({ status: 200, body: keys(rsa) });
    expect(Math.abs((answer.certificateEnds ?? 0) - Date.now() - 2 * 86_400_000)).toBeLessThan(86_400_000);
    await expect(realProbes.askHelper(url, undefined, folder)).rejects.toThrow(/self-signed certificate/);
    await expect(realProbes.askHelper(url, 'other.pem', folder)).rejects.toThrow(/ENOENT.*other\.pem/);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
