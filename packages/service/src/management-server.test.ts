import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from './testing/index.ts';
import { createManagementServer } from './management-server.ts';
import type { HealthReport, ManagementStatus, ManagementServer, ManagementServerOptions } from './management-server.ts';

const up = { name: 'up_total', type: 'counter', labels: [], help: 'Whether it is "up".' } as const;
const healthy = { status: 'healthy' as HealthReport['status'], revision: 4 };
/** What each answer of `/health` has. */
const answered = { response_time_ms: expect.any(Number) as number, timestamp: expect.any(String) as string };
const servers: ManagementServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(
  status: Partial<ManagementStatus> = {},
  options: Partial<ManagementServerOptions> = {},
): Promise<string> {
  const usual: ManagementStatus = {
    ready: () => ({ ready: true }),
    health: () => healthy,
    writeMetrics: (to) => to.single(up, 1),
    version: '1.2.3',
  };
  const server = createManagementServer({
    host: '127.0.0.1',
    port: 0,
    status: { ...usual, ...status },
    ...options,
  });
  servers.push(server);
  return `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${await server.listen()}`;
}

test('answers health, readiness, liveness and version as JSON', async () => {
  const url = await start();
  const answers = await Promise.all(
    ['/health', '/ready?verbose=1', '/live', '/version'].map(async (path) => (await fetch(url + path)).json()),
  );
  expect(answers).toEqual([
    { ...healthy, ...answered },
    { ready: true },
    { live: true },
    { version: '1.2.3', node: process.versions.node },
  ]);
});

test('tells by the status when the node is not ready or unhealthy; a degraded one still serves', async () => {
  const lastRefusal = { at: '2025-01-02T03:04:05.000Z', message: 'routes.0: unknown field' };
  let status: HealthReport['status'] = 'degraded';
  const url = await start({
    ready: () => ({ ready: false, reason: 'no configuration yet' }),
    health: () => ({ ...healthy, status, lastRefusal }),
  });
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reason: 'no configuration yet' }]);
  const degraded = await fetch(`${url}/health`);
  expect([degraded.status, await degraded.json()]).toEqual([
    200,
    { ...healthy, status: 'degraded', lastRefusal, ...answered },
  ]);
  status = 'unhealthy';
  expect((await fetch(`${url}/health`)).status).toBe(503);
});

test('health names what the process relies on, without addresses and texts of errors', async () => {
  const reason = 'connect ECONNREFUSED 10.0.0.7:6379';
  const redis = { name: 'redis', status: 'unhealthy', response_time_ms: 1.5, ageSeconds: 2 } as const;
  const url = await start({
    health: () => ({ ...healthy, dependencies: [{ ...redis, reason, address: '10.0.0.7:6379' }] }),
  });
  expect(await (await fetch(`${url}/health`)).json()).toEqual({
    ...healthy,
    ...answered,
    dependencies: [{ ...redis, reason: 'it refuses connections' }],
  });
});

const prometheus = '# HELP up_total Whether it is "up".\n# TYPE up_total counter\nup_total 1\n';
const openMetrics = String.raw`# TYPE up counter
# HELP up Whether it is \"up\".
up_total 1
# EOF
`;

test.each([
  ['*/*', prometheus],
  ['text/plain;version=0.0.4', prometheus],
  ['application/openmetrics-text;q=0', prometheus],
  ['application/openmetrics-text;q=0.4, text/plain;q=0.5', prometheus],
  ['application/openmetrics-text; version=1.0.0', openMetrics],
  // Prometheus 2 and 3.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    openMetrics,
  ],
  [
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1',
    openMetrics,
  ],
])('serves metrics in the format that a client wishes: %s', async (accept, text) => {
  const answer = await fetch(`${await start()}/metrics`, { headers: { accept } });
  const type = text === prometheus ? 'text/plain; version=0.0.4' : 'application/openmetrics-text; version=1.0.0';
  expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  expect(await answer.text()).toBe(text);
});

test('sends headers that keep answers out of caches and browsers from guessing', async () => {
  const { headers } = await fetch(`${await start()}/health`);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('answers HEAD like GET without the body', async () => {
  const url = await start();
  const [head, get] = [await fetch(`${url}/metrics`, { method: 'HEAD' }), await fetch(`${url}/metrics`)];
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
});

test('refuses other methods and unknown paths in the shape of API errors', async () => {
  const url = await start();
  const post = await fetch(`${url}/health`, { method: 'POST', body: '{}' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await post.json()).toEqual({
    error: {
      code: 'METHOD_NOT_ALLOWED',
      message: expect.any(String) as string,
      details: [],
      traceId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    },
  });
  for (const path of ['/', '/Health', '/health/', '/constructor', '/__proto__', '/metrics/..%2Fhealth']) {
    expect((await fetch(url + path)).status, path).toBe(404);
  }
});

test('answers 500 without details when a fact cannot be given, and reports it', async () => {
  const errors: Error[] = [];
  const writeMetrics = (): void => {
    throw new Error('secret detail');
  };
  const url = await start({ writeMetrics }, { onError: (error) => errors.push(error) });
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret');
  expect(errors.map(({ message }) => message)).toEqual(['secret detail']);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('listening on a taken port fails with the key and the holder', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    taken.once('listening', resolve);
  });
  const status: ManagementStatus = {
    ready: () => ({ ready: true }),
    health: () => healthy,
    writeMetrics: () => {},
    version: '1',
  };
  const { port } = taken.address() as AddressInfo;
  const server = createManagementServer({ host: '127.0.0.1', port, status });
  await expect(server.listen()).rejects.toMatchObject({
    name: 'PortTakenError',
    key: 'management.port',
    port,
    holder: expect.stringContaining(`(process ${process.pid})`) as string,
  });
  await server.close();
  taken.close();
});

test('closing ends connections that a client keeps open, and may be repeated', async () => {
  // Nobody else takes the port once it is closed.
  const url = new URL(await start({}, { port: await freePort() }));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = httpRequest(new URL('/live', url), { headers: { connection: 'keep-alive' } }, resolve);
    asked.on('error', reject).end();
  });
  const ended = once(response.socket, 'close');
  await once(response.resume(), 'end');
  await (await fetch(new URL('/live', url))).text();
  const [server] = servers;
  await server?.close();
  await server?.close();
  await ended;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

describe('a handler', () => {
  test('gets every path that the server does not answer itself, with any method', async () => {
    const url = await start(
      {},
      {
        handler: (request, response) => {
          response.writeHead(201, { 'x-handled': 'yes' }).end(`${request.method} ${request.url}`);
        },
      },
    );
    const answer = await fetch(`${url}/api/v1/things?x=1`, { method: 'POST', body: '{}' });
    expect([answer.status, answer.headers.get('x-handled'), await answer.text()]).toEqual([
      201,
      'yes',
      'POST /api/v1/things?x=1',
    ]);
    expect(await (await fetch(`${url}/live`)).json()).toEqual({ live: true });
    expect((await fetch(`${url}/health`, { method: 'DELETE' })).status).toBe(405);
  });

  test('that fails is a 500 without details, and reported', async () => {
    const errors: Error[] = [];
    const handler = async (): Promise<void> => {
      throw new Error('secret detail');
    };
    const url = await start({}, { handler, onError: (error) => errors.push(error) });
    const answer = await fetch(`${url}/api`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
    expect(errors.map(({ message }) => message)).toEqual(['secret detail']);
  });

  test('that fails in the middle of its answer breaks it off', async () => {
    const handler: ManagementServerOptions['handler'] = async (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      await new Promise((resolve) => response.write('half', resolve));
      throw new Error('broken');
    };
    const url = await start({}, { handler, onError: () => {} });
    const answer = await fetch(`${url}/api`);
    await expect(answer.text()).rejects.toThrow('terminated');
  });
});

describe('TLS', () => {
  /** A key and a certificate that vouches for itself. */
  function makeCertificate(name: string): { cert: string; key: string } {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    const [certFile, keyFile] = [join(folder, 'a.crt'), join(folder, 'a.key')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...subject, '-out', certFile], { stdio: 'pipe' });
    const made = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    rmSync(folder, { recursive: true });
    return made;
  }

  function ask(url: string, options: RequestOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = httpsRequest(url, { agent: false, ...options }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve(text));
      });
      asked.on('error', reject).end();
    });
  }

  test('asks for a client certificate, says whether it is good, and serves without one too', async () => {
    const [server, client, stranger] = ['server', 'client', 'stranger'].map((name) => makeCertificate(name));
    const url = await start(
      {},
      {
        tls: { ...server, ca: client.cert },
        handler: (request, response) => {
          const socket = request.socket as TLSSocket;
          response.end(`${socket.authorized} ${String(socket.getPeerCertificate().subject?.CN ?? 'nobody')}`);
        },
      },
    );
    const ca = server.cert;
    expect(await ask(`${url}/who`, { ca, ...client })).toBe('true client');
    expect(await ask(`${url}/who`, { ca, ...stranger })).toBe('false stranger');
    expect(await ask(`${url}/who`, { ca })).toBe('false nobody');
    expect(await ask(`${url}/live`, { ca })).toBe('{"live":true}\n');
  });
});
