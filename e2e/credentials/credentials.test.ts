import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask as askFrom,
  createCertificateMaker,
  freePort,
  startHttpBackend,
  startSluice,
  until,
} from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

// Passwords, certificates of clients and keys, with a real process: its files, its threads, its log and its metrics.

const bcryptOf = {
  'open sesame': '$2y$04$zyxwvutsrqponmlkjihgfeHo6Nj6Q.rPEMplj.Krtnc5/sRB0rnqK',
  's3cret:pä': '$2b$04$abcdefghijklmnopqrstuupD0dw7J47QNrD1XfNNJ41Y9G44GhpiG',
};
/** With a cost of 12. */
const slowHash = '$2b$12$abcdefghijklmnopqrstuuq2uHH4t8IjTa8PV9VUUF1vssBH6WaR2';
const maker = createCertificateMaker();
const ours = maker.authority('ours');
const clients = maker.authority('clients');
const server = maker.issue(ours, 'server', ['localhost']);
const client = maker.issue(clients, 'client', ['shop.example'], 'clientAuth');

let backend: HttpBackend;
let sluice: Sluice;
let folder: string;
let tlsPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-credentials-'));
  await writeFile(join(folder, 'users'), `alice:${bcryptOf['open sesame']}\n`);
  await writeFile(join(folder, 'slow-users'), `alice:${bcryptOf['open sesame']}\ncarol:${slowHash}\n`);
  backend = await startHttpBackend('b');
  backend.answer = (incoming, response) => {
    const { 'x-who': who = 'nobody', authorization = 'none', cookie } = incoming.headers;
    response.end(`${String(who)} ${authorization} ${incoming.url}${cookie === undefined ? '' : ` ${cookie}`}`);
  };
  tlsPort = await freePort();
  const provider = { type: 'oidc', issuer: 'http://127.0.0.1:9' };
  const route = (name: string, method: object, fields: object = {}) => ({
    name,
    pathPattern: `/${name}`,
    ...fields,
    authentication: { methods: [method], forward: { subject: 'X-Who' } },
    backends: [{ name: 'b', url: backend.url }],
  });
  sluice = await startSluice({
    proxy: {
      workers: 1,
      tls: { port: tlsPort, certificates: [server] },
      accessLog: { file: join(folder, 'access.log'), sample: 1, failures: true },
    },
    consumers: [
      {
        id: 'shop',
        tier: 'gold',
        subjects: ['shop.example'],
        keys: [{ hash: 'sha256:44cfdcdd88354fa1412781f5a01a901c9112db33bfa8b165fbec9b618d9cf112' }],
      },
    ],
    routes: [
      route('basic', { type: 'basic', usersFile: join(folder, 'users') }),
      route('mtls', { type: 'mtls', caFile: clients.certFile, header: 'X-Cert' }),
      route('key', { type: 'apiKey', query: 'key' }),
      route('reported', { type: 'apiKey' }, { authorization: { rule: 'claims.level > 3.0', reportOnly: true } }),
      route('ruled', { type: 'apiKey' }, { authorization: { rule: 'claims.level > 3.0' } }),
      route('slow', { type: 'basic', usersFile: join(folder, 'slow-users') }),
      { name: 'open', pathPattern: '/open/**', backends: [{ name: 'b', url: backend.url }] },
      {
        ...route('login', { ...provider, clientId: 'web', clientSecret: 'a secret of the client' }),
        pathPattern: '/login/**',
        hosts: ['127.0.0.1'],
      },
    ] as never,
  });
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
  maker.remove();
  await rm(folder, { recursive: true });
});

async function ask(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${sluice.proxyPort}${path}`, { headers });
  return response.status === 200 ? response.text() : String(response.status);
}
const login = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

const replaceUsers = (text: string): void => replaceFile(join(folder, 'users'), text);

test('a password of the file opens a route, which follows the file, and keeps the last good one', async () => {
  expect(await ask('/basic', login('alice:open sesame'))).toBe('alice none /basic');
  expect(await ask('/basic', login('alice:open'))).toBe('401');
  expect(await ask('/basic', login('bob:s3cret:pä'))).toBe('401');
  replaceUsers('bob:hunter2\n');
  await until('the log to say what is wrong', () => sluice.output.includes('line 1: the password is no hash'));
  expect(sluice.output).not.toContain('hunter2');
  expect(await ask('/basic', login('alice:open sesame'))).toBe('alice none /basic');
  replaceUsers(`bob:${bcryptOf['s3cret:pä']}\n`);
  await until('the new user', async () => (await ask('/basic', login('bob:s3cret:pä'))) === 'bob none /basic');
  expect(await ask('/basic', login('alice:open sesame'))).toBe('401');
});

/** The status and the body of an answer over TLS, with or without a certificate. */
async function askOverTls(own: object, headers: Record<string, string> = {}): Promise<string> {
  const ca = await readFile(ours.certFile);
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', servername: 'localhost', port: tlsPort, path: '/mtls', ca, agent: false, headers, ...own },
      (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += String(part)));
        response.on('end', () => resolve(response.statusCode === 200 ? body : String(response.statusCode)));
      },
    );
    asked.on('error', reject).end();
  });
}

test('a certificate of the authority is the consumer, and other clients are not refused in the handshake', async () => {
  const pairOf = async ({ certFile, keyFile }: typeof client) => ({
    cert: await readFile(certFile),
    key: await readFile(keyFile),
  });
  expect(await askOverTls(await pairOf(client))).toBe('shop none /mtls');
  expect(await askOverTls({})).toBe('401');
  expect(await askOverTls(await pairOf(server))).toBe('401');
  const forged = encodeURIComponent(await readFile(client.certFile, 'utf8'));
  expect(await askOverTls({}, { 'X-Cert': forged, 'X-Who': 'shop' })).toBe('401');
  expect(await ask('/mtls', { 'X-Cert': forged })).toBe('401');
});

test('the log and the metrics say who it was, and never by what credential', async () => {
  expect(await ask('/key?key=shop-key&a=1')).toBe('shop none /key?a=1');
  expect(await ask('/key?key=stolen-key')).toBe('401');
  const log = () => readFile(join(folder, 'access.log'), 'utf8');
  await until('both lines', async () => ((await log()).match(/"route":"key"/g) ?? []).length === 2);
  const lines = (await log()).split('\n').filter((line) => line.includes('"route":"key"'));
  expect(lines[0]).toMatch(/"authentication":"apiKey","consumer":"shop","tier":"gold"/);
  expect(lines[1]).toMatch(/"error":"UNAUTHORIZED","reason":"apiKey: the API key or its consumer is unknown"/);
  expect(await log()).not.toMatch(/shop-key|stolen-key|sesame|s3cret|Basic/);
  const outcomes = 'api_gateway_policy_outcomes_total';
  expect(await sluice.metric(outcomes, { route: 'key', policy: 'apiKey', outcome: 'identified' })).toBe(1);
  expect(await sluice.metric(outcomes, { route: 'key', policy: 'apiKey', outcome: 'refused' })).toBe(1);
  expect(await sluice.metric('api_gateway_requests_by_tier_total', { tier: 'gold' })).toBeGreaterThan(0);
});

test('the metrics tell tiers and methods apart, and nobody', async () => {
  await ask('/basic', login('bob:s3cret:pä'));
  await ask('/key?key=shop-key');
  await ask('/key?key=stolen-key');
  const metrics = await (await fetch(`http://127.0.0.1:${sluice.managementPort}/metrics`)).text();
  expect(metrics).toMatch(/api_gateway_requests_by_tier_total\{[^}]*tier="gold"/);
  expect(metrics).toMatch(/policy="basic",outcome="identified"/);
  // The backend has heard each of these names.
  expect(metrics).not.toMatch(/alice|bob|shop|acme|stolen/);
});

test('the session of a person who logs in at one route reaches the backend of no other', async () => {
  const session = '__Host-sluice-session-0a1b2c3d=1.sealed; sluice-login-0a1b2c3d-1=sealed';
  expect(await ask('/open/', { cookie: `theme=dark; ${session}; lang=en` })).toBe(
    'nobody none /open/ theme=dark; lang=en',
  );
  expect(await ask('/open/', { cookie: session })).toBe('nobody none /open/');
  expect(await ask('/key?key=shop-key', { cookie: session })).toBe('shop none /key');
  expect(await ask('/open/', { cookie: 'theme=dark' })).toBe('nobody none /open/ theme=dark');
});

test('a rule about a claim that nobody has refuses, or only counts what it would refuse, and both are in the metrics', async () => {
  const key = { 'X-API-Key': 'shop-key' };
  expect(await ask('/reported', key)).toBe('shop none /reported');
  expect(await ask('/ruled', key)).toBe('403');
  const counted = (route: string, outcome: string) =>
    sluice.metric('api_gateway_policy_outcomes_total', { route, policy: 'authorization', outcome });
  expect(
    await Promise.all(['would_refuse', 'refused', 'rule_failed'].map((outcome) => counted('reported', outcome))),
  ).toEqual([1, 0, 1]);
  expect(
    await Promise.all(['would_refuse', 'refused', 'rule_failed'].map((outcome) => counted('ruled', outcome))),
  ).toEqual([0, 1, 1]);
});

test('a flood of wrong passwords holds up no other request, and nobody who has logged in', async () => {
  expect(await ask('/slow', login('alice:open sesame'))).toBe('alice none /slow');
  const flood = new AbortController();
  const answered: string[] = [];
  for (let guess = 0; guess < 100; guess++) {
    const options = {
      localAddress: `127.0.0.${2 + (guess % 10)}`,
      headers: login(`carol:guess-${guess}`),
      signal: flood.signal,
    };
    askFrom(sluice.proxyPort, '/slow', options).then(
      ({ status }) => answered.push(String(status)),
      () => {},
    );
  }
  await until('the thread to have enough to do', () => answered.filter((status) => status === '503').length >= 60);
  for (let count = 0; count < 50; count++) {
    answered.push(await ask('/open/'));
    answered.push(await ask('/slow', login('alice:open sesame')));
  }
  flood.abort();
  // Each password takes long to check: were it checked among the requests, all of them would have come before the others.
  expect(answered.filter((status) => status === '401').length).toBeLessThan(17);
  expect(answered.filter((text) => text === 'nobody none /open/')).toHaveLength(50);
  expect(answered.filter((text) => text === 'alice none /slow')).toHaveLength(50);
});
