import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bindAnyPort } from '../../wire/internals.ts';
import { certificateFolder } from '../../wire/testing/certificates.ts';
import type { Gateway } from '../gateway.ts';
import { startGateway } from '../start-gateway.ts';
import { crashWorker } from '../testing/crash-worker.ts';

const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

const backend = createServer((_request, response) => response.end('ok'));
const pairs = { a: generateKeyPairSync('ed25519'), b: generateKeyPairSync('ed25519') };
type Name = keyof typeof pairs;

let folder: string;
let issuer: Server;
let answer: RequestListener;
let asked: number;
let gateway: Gateway | undefined;
let lines: string[];

beforeAll(async () => {
  await once(backend.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'key-sets-'));
  [asked, lines, answer] = [0, [], setOf('a')];
  issuer = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await once(issuer.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  await gateway?.close({ drainMs: 0 });
  gateway = undefined;
  await hangUp(issuer);
  rmSync(folder, { recursive: true });
});

function hangUp(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Answers with the keys of these names. */
function setOf(...names: Name[]): RequestListener {
  const keys = names.map((kid) => ({ ...pairs[kid].publicKey.export({ format: 'jwk' }), kid }));
  return (_request, response) => response.end(JSON.stringify({ keys }));
}

function configOf(
  method: object = {},
  { node = {}, workers = 1 }: { node?: object; workers?: number } = {},
): GatewayConfig {
  const jwt = {
    type: 'jwt',
    jwksUrl: `http://127.0.0.1:${portOf(issuer)}/jwks.json`,
    algorithms: ['EdDSA'],
    ...method,
  };
  const backends = [{ name: 'b', url: `http://127.0.0.1:${portOf(backend)}` }];
  const read = parseConfig({
    proxy: { port: 0, workers, accessLog: { failures: false } },
    management: { port: 0 },
    node,
    routes: [{ name: 'a', authentication: { methods: [jwt] }, backends }],
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { ...read.config, routesOwner: 'api' };
}

async function start(config = configOf(), keySetsFile?: string): Promise<Gateway> {
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  gateway = await startGateway({ config, log, version: '1', keySetsFile });
  return gateway;
}

function token(name: Name, sub = 'ada'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'EdDSA', kid: name })}.${part({ sub })}`;
  return `${input}.${sign(null, Buffer.from(input), pairs[name].privateKey).toString('base64url')}`;
}

async function statusOf(bearer: string): Promise<number> {
  const url = `http://127.0.0.1:${gateway!.addresses.proxy!.port}/`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
  await response.arrayBuffer();
  return response.status;
}

test('keys are there before the configuration is live, fetched once for all workers', async () => {
  await start(configOf({}, { workers: 2 }));
  const statuses = await Promise.all(Array.from({ length: 20 }, (_, index) => statusOf(token('a', `user ${index}`))));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(asked).toBe(1);
  await crashWorker(0);
  await until(async () => (await statusOf(token('a')).catch(() => 0)) === 200);
  expect(asked).toBe(1);
  expect(gateway!.status.health().dependencies).toMatchObject([{ name: 'keySet:1', status: 'healthy' }]);
  expect(metricText(gateway!.status)).toMatch(/key_set_age_seconds\{host="127\.0\.0\.1:\d+"\} \d/);
});

test('rotated: a new key is fetched for the first token that names it, and the removed one is no longer accepted', async () => {
  await start();
  expect(await statusOf(token('a'))).toBe(200);
  answer = setOf('b');
  expect(await statusOf(token('b'))).toBe(200);
  expect(asked).toBe(2);
  await until(async () => (await statusOf(token('a'))) === 401);
  // Whoever names keys at random causes no more fetches.
  for (let i = 0; i < 20; i++) await statusOf(token('a', `user ${i}`));
  expect(asked).toBe(2);
});

test('wrong: tokens of known keys pass, whether they are known or new, and it is told once', async () => {
  await start();
  expect(await statusOf(token('a'))).toBe(200);
  answer = (_request, response) => response.end('<html>secret</html>');
  // A key that may be new cannot be judged now.
  expect(await statusOf(token('b'))).toBe(503);
  expect(await statusOf(token('a'))).toBe(200);
  expect(await statusOf(token('a', 'eve'))).toBe(200);
  const address = `127.0.0.1:${portOf(issuer)}`;
  expect(gateway!.status.health()).toMatchObject({
    status: 'degraded',
    dependencies: [{ name: 'keySet:1', status: 'degraded', reason: 'the answer is not JSON', address }],
  });
  answer = setOf('a', 'b');
  await until(() => gateway!.status.health().status === 'healthy');
  const told = lines.filter((line) => line.includes('a key set cannot be fetched'));
  expect(told).toEqual([expect.stringContaining('the answer is not JSON')]);
  expect(lines.join('')).not.toContain('secret');
  expect(metricText(gateway!.status)).toMatch(/key_set_failures_total\{[^}]*\} [1-9]/);
});

test('dead at the start: requests with tokens get 503, none passes, and all is well once it is back', async () => {
  const { port, release } = bindAnyPort('127.0.0.1')!;
  await start(configOf({ jwksUrl: `http://127.0.0.1:${port}/jwks.json` }));
  expect(await statusOf(token('a'))).toBe(503);
  expect(await statusOf('no token')).toBe(401);
  const { dependencies } = gateway!.status.health();
  expect(dependencies).toMatchObject([{ name: 'keySet:1', status: 'unhealthy' }]);
  const [fault] = gateway!.status.faults();
  expect(fault).toMatchObject({ routeId: 'a', reason: expect.stringContaining('jwksUrl') as string });
  await hangUp(issuer);
  issuer = createServer((request, response) => answer(request, response));
  await once(issuer.listen(port, '127.0.0.1'), 'listening');
  await until(async () => (await statusOf(token('a'))) === 200);
  expect(gateway!.status.faults()).toEqual([]);
  release();
});

test('slow at the start: the configuration is live after two seconds, and the keys come when they come', async () => {
  let respond = (): void => {};
  answer = (request, response) => (respond = () => setOf('a')(request, response));
  await start();
  answer = setOf('a');
  respond();
  await until(async () => (await statusOf(token('a'))) === 200);
  expect(gateway!.status.faults()).toEqual([]);
});

test('dead over a restart: the last good keys are on the disk, for the owner alone', async () => {
  const config = configOf();
  const file = join(folder, 'state', 'key-sets.json');
  await start(config, file);
  await until(() => statSync(file, { throwIfNoEntry: false }) !== undefined);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await gateway!.close({ drainMs: 0 });
  answer = (request) => request.socket.destroy();
  await start(config, file);
  expect(await statusOf(token('a'))).toBe(200);
  expect(gateway!.status.health()).toMatchObject({ status: 'degraded' });
  await gateway!.close({ drainMs: 0 });
  // Whatever else is there is no key set.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('OKP', 'oct'));
  await start(config, file);
  expect(await statusOf(token('a'))).toBe(503);
});

test('https is verified, by the authorities of caFile', async () => {
  const certificates = certificateFolder();
  const pair = certificates.make('id', ['localhost']);
  writeFileSync(join(folder, 'ca.pem'), pair.cert);
  writeFileSync(join(folder, 'other.pem'), certificates.make('other', ['localhost']).cert);
  const host = createTlsServer(pair, (request, response) => answer(request, response));
  await once(host.listen(0, '127.0.0.1'), 'listening');
  const jwksUrl = `https://localhost:${portOf(host)}/jwks.json`;
  await start(configOf({ jwksUrl }, { node: { filesFolder: folder } }));
  expect(await statusOf(token('a'))).toBe(503);
  await gateway!.apply(configOf({ jwksUrl, caFile: 'other.pem' }, { node: { filesFolder: folder } }));
  expect(await statusOf(token('a'))).toBe(503);
  await gateway!.apply(configOf({ jwksUrl, caFile: 'missing.pem' }, { node: { filesFolder: folder } }));
  expect(await statusOf(token('a'))).toBe(503);
  await gateway!.apply(configOf({ jwksUrl, caFile: 'ca.pem' }, { node: { filesFolder: folder } }));
  expect(await statusOf(token('a'))).toBe(200);
  await hangUp(host);
  certificates.remove();
});

test('a file of keys is followed; one that cannot be used leaves the last good keys, and the log says why', async () => {
  const pem = (name: Name): string => String(pairs[name].publicKey.export({ type: 'spki', format: 'pem' }));
  const file = join(folder, 'issuer.pem');
  const write = (text: string): void => replaceFile(file, text);
  write(pem('a'));
  const method = { jwksUrl: undefined, publicKeyFile: 'issuer.pem' };
  await start(configOf(method, { node: { filesFolder: folder } }));
  expect([await statusOf(token('a')), await statusOf(token('b'))]).toEqual([200, 401]);
  write(pem('b'));
  await until(async () => (await statusOf(token('b'))) === 200);
  expect(await statusOf(token('a'))).toBe(401);
  write('SECRET, and no key');
  await until(() => lines.some((line) => line.includes('a file of keys cannot be used')));
  expect(await statusOf(token('b'))).toBe(200);
  expect(gateway!.status.health().status).toBe('degraded');
  expect(lines.join('')).not.toContain('SECRET');
});
