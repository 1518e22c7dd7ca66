import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, connectRaw, freePort, ManagementApi, runSluice, startSluice, until } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';

const adminPassword = 'access log of the test';

let folder: string;
let file: string;
let sluice: Sluice;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-log-'));
  file = join(folder, 'access.log');
  const nobody = await freePort();
  const backends = [{ name: 'gone', url: `http://127.0.0.1:${nobody}` }];
  sluice = await startSluice({
    proxy: { workers: 2, accessLog: { sample: 1, file, query: true } },
    logging: { redact: ['email'] },
    access: { adminPassword },
    routes: [
      { name: 'dead', backends, retryPolicy: { maxAttempts: 2, initialDelay: '1ms' } },
      { name: 'quiet', pathPattern: '/quiet/**', accessLog: { sample: 0, failures: false }, backends },
      { name: 'tripping', pathPattern: '/tripping', circuitBreaker: { failureThreshold: 1 }, backends },
      {
        name: 'keyed',
        pathPattern: '/keyed/{email}/**',
        authentication: { methods: [{ type: 'apiKey', query: 'k' }] },
        backends,
      },
    ],
  });
});
afterAll(async () => {
  await sluice.stop();
  await rm(folder, { recursive: true });
});

const traceId = 'a'.repeat(32);
const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;

/** The first line of the process with this message. */
function lineWith(message: string): Record<string, unknown> | undefined {
  const line = sluice.output.split('\n').find((text) => text.includes(JSON.stringify(message)));
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
}

/** The entries of a log with this path, once there are so many. */
async function entries(name: string, path: string, count: number): Promise<Record<string, unknown>[]> {
  let found: Record<string, unknown>[] = [];
  await until(`${count} entries of ${path}`, async () => {
    const text = await readFile(name, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    found = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((entry) => entry.path === path);
    return found.length >= count;
  });
  return found;
}

test('a failure says what exactly failed, and leads from the answer to its line', async () => {
  const { status, headers } = await ask(sluice.proxyPort, '/broken');
  expect(status).toBe(502);
  const [entry] = await entries(file, '/broken', 1);
  expect(entry).toMatchObject({ error: 'BAD_GATEWAY', reason: 'connecting failed: ECONNREFUSED', route: 'dead' });
  expect(entry?.requestId).toBe(headers['x-request-id']);
});

test('a request that was refused before it was understood has its line, too', async () => {
  const client = await connectRaw(sluice.proxyPort);
  client.send('GET / HTTP/1.1\r\nHost : a\r\n\r\n');
  const { status } = await client.response();
  expect(status).toBe(400);
  const [entry] = await entries(file, '', 1);
  expect(entry).toMatchObject({ status: 400, error: 'MALFORMED_REQUEST', client: '127.0.0.1' });
  client.close();
});

test('no secret gets into the log, whether it is a usual one, a configured one or one that a route expects', async () => {
  const planted = 'pl4nt3d';
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${planted}"}`).toString('base64url')}.${planted}`;
  const query = `k=${planted}&token=${planted}&email=${planted}&user[email]=${planted}&next=/a%3Fcode%3D${planted}&page=2`;
  const known = encodeURIComponent(adminPassword);
  const path = `/keyed/${planted}/${jwt}/${known}/orders;jsessionid=${planted}`;
  const { status } = await ask(sluice.proxyPort, `${path}?${query}`, {
    headers: { authorization: `Basic ${planted}` },
  });
  expect(status).toBe(401);
  const [entry] = await entries(file, '/keyed/[hidden]/[hidden]/[hidden]/orders;jsessionid=[hidden]', 1);
  expect(entry?.['query']).toBe('k=[hidden]&token=[hidden]&email=[hidden]&user[email]=[hidden]&next=[hidden]&page=2');
  const text = (await readFile(file, 'utf8')) + sluice.output;
  expect(text).not.toContain(planted);
  expect(text).not.toContain(jwt.split('.')[1]);
});

test('a route may have another rule than the rest', async () => {
  await ask(sluice.proxyPort, '/quiet/please');
  await ask(sluice.proxyPort, '/after-quiet');
  await entries(file, '/after-quiet', 1);
  expect(await entries(file, '/quiet/please', 0)).toEqual([]);
});

test('a line of the log that a request caused leads to its trace, and each line names the revision', async () => {
  await ask(sluice.proxyPort, '/tripping', { headers: { traceparent } });
  const opened = () => lineWith('circuit breaker is open');
  await until('the line about the breaker', () => opened() !== undefined);
  expect(opened()).toMatchObject({ route: 'tripping', traceId, revision: 1 });
});

test('what happened to a request is logged once the level is debug, and only as long as it is', async () => {
  const api = new ManagementApi({ controls: [sluice], password: adminPassword });
  const path = '/gateway/log-level';
  await api.acknowledged('PUT', path, { level: 'debug', for: '1h' });
  const retried = () => lineWith('an attempt failed, and another follows');
  await until('a line about a retry', async () => {
    await ask(sluice.proxyPort, '/retried', { headers: { traceparent } });
    return retried() !== undefined;
  });
  expect(retried()).toMatchObject({ level: 'debug', route: 'dead', backend: 'gone', traceId, revision: 1 });
  await until('the node to report its level', async () =>
    (await api.acknowledged('GET', '/gateway/nodes')).body.includes('"logLevel":{"level":"debug"'),
  );
  await api.acknowledged('DELETE', path);
  expect(JSON.parse((await api.acknowledged('GET', path)).body)).toEqual({ level: 'info', configured: 'info' });
});

test('SIGUSR2 opens the log anew by its name, as rotation needs it', async () => {
  const moved = `${file}.1`;
  await rename(file, moved);
  await ask(sluice.proxyPort, '/before');
  await entries(moved, '/before', 1);
  sluice.signal('SIGUSR2');
  // Every worker has to have heard it: ask until a line of each connection arrives in the new file.
  await until('the new file to be used', async () => {
    await ask(sluice.proxyPort, '/after');
    return (await readFile(file, 'utf8').catch(() => '')).includes('/after');
  });
  expect(await readFile(moved, 'utf8')).toContain('/before');
});

test('a request is explained by the process that serves it, sent, and told of although its route is not logged', async () => {
  const management = `http://127.0.0.1:${sluice.managementPort}`;
  const login = await fetch(`${management}/api/v1/authentication/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: adminPassword }),
  });
  const { token } = (await login.json()) as { token: string };
  const url = `http://127.0.0.1:${sluice.proxyPort}/quiet/x?k=a-secret`;
  const options = { cwd: folder, env: { SLUICE_URL: management, SLUICE_TOKEN: token } };
  let explained: Record<string, unknown> = {};
  // A slow machine tells of a request after the command has given up waiting for that.
  await until('the gateway tells of the request', async () => {
    const { stdout } = await runSluice(['explain', 'GET', url, '--send', '--json'], options);
    explained = JSON.parse(stdout) as Record<string, unknown>;
    return explained['gateway'] !== undefined;
  });
  expect(explained).toMatchObject({
    route: 'quiet',
    candidates: ['gone'],
    outcome: { kind: 'forwarded', backend: 'gone' },
    sent: { status: 502 },
    gateway: { route: 'quiet', backend: 'gone', status: 502, error: 'BAD_GATEWAY' },
  });
  expect(sluice.output).not.toContain('a-secret');
});
