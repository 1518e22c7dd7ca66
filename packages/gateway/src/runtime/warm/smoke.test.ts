import type { RouteConfig, SmokeRequest } from '@sluice/model';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { configOf } from '../../compile/testing/plans.ts';
import { certificateFolder } from '../../wire/testing/certificates.ts';
import { ownDoor, sendSmoke } from './smoke.ts';
import type { OwnDoor } from './smoke.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function door(answer: Answer, secure = false): Promise<OwnDoor> {
  const server = secure ? createTlsServer(certificate(), answer) : createServer(answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, secure };
}

function certificate(): { cert: Buffer; key: Buffer } {
  const { certFile, keyFile } = certificateFolder().make('gateway', ['shop.example']);
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

const candidateAnswers: Answer = (_request, response) =>
  response.writeHead(200, { 'X-Gateway-Version': 'candidate' }).end('fine');

function smokeOf(more: Partial<SmokeRequest> = {}): SmokeRequest {
  return { path: '/healthz', method: 'GET', headers: {}, expectedStatusCode: 200, ...more };
}

function routeOf(more: Parameters<typeof configOf>[0][string] = {}): RouteConfig {
  return configOf({ one: more }).routes[0];
}

interface Sent {
  readonly smoke?: Partial<SmokeRequest>;
  readonly candidate?: RouteConfig;
  readonly signal?: AbortSignal;
}

function send(to: OwnDoor, { smoke, candidate = routeOf(), signal = new AbortController().signal }: Sent = {}) {
  return sendSmoke(smokeOf(smoke), { door: to, candidate, probeToken: 'the-secret-token-1', signal });
}

describe('a smoke request', () => {
  test('passes when the candidate answers with the expected status', async () => {
    expect(await send(await door(candidateAnswers))).toBeUndefined();
  });

  test('is what was asked for, bears the token, and has a host and headers that the route matches', async () => {
    const seen: IncomingMessage[] = [];
    const own = await door((request, response) => {
      seen.push(request);
      candidateAnswers(request, response);
    });
    const candidate = routeOf({ hosts: ['*.shop.example'], headers: { 'X-Tier': 'gold', 'X-Any': '*' } });
    const smoke = { path: '/a?b=c', method: 'OPTIONS', headers: { 'X-Own': '1', 'User-Agent': 'me' } } as const;
    expect(await send(own, { smoke, candidate })).toBeUndefined();
    expect(seen[0]).toMatchObject({ method: 'OPTIONS', url: '/a?b=c' });
    expect(seen[0].headers).toMatchObject({
      host: 'smoke.shop.example',
      'sluice-probe': 'the-secret-token-1',
      'x-tier': 'gold',
      'x-any': '1',
      'x-own': '1',
      'user-agent': 'me',
    });
  });

  test('goes through TLS when there is no other door, whatever names the certificate is for', async () => {
    const own = await door(candidateAnswers, true);
    expect(await send(own, { candidate: routeOf({ hosts: ['shop.example'] }) })).toBeUndefined();
    expect(await send(own)).toBeUndefined();
    expect(await send(own, { candidate: routeOf({ hosts: ['[::1]'] }) })).toBeUndefined();
  });
});

describe('a smoke request fails', () => {
  test('when the status is another one', async () => {
    const own = await door((_request, response) => response.writeHead(503, { 'X-Gateway-Version': 'candidate' }).end());
    expect(await send(own, { smoke: { path: '/x?key=secret' } })).toBe(
      'The smoke request GET /x was answered with status 503 instead of 200.',
    );
    expect(await send(own, { smoke: { expectedStatusCode: 503 } })).toBeUndefined();
  });

  test('when something else than the candidate answers, however well', async () => {
    const own = await door((_request, response) => response.end('the welcome page'));
    expect(await send(own)).toBe(
      'The smoke request GET /healthz did not reach the candidate: its path, method or headers lead elsewhere (status 200).',
    );
  });

  test('when nothing answers', async () => {
    const own = { host: '127.0.0.1', port: 1, secure: false };
    expect(await send(own)).toMatch(/^The smoke request GET \/healthz got no answer: .*ECONNREFUSED.*\.$/);
    const broken = await door((request) => request.socket.destroy());
    expect(await send(broken)).toBe('The smoke request GET /healthz got no answer: socket hang up.');
  });

  test('when its time is over, and then lets go of the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const signal = new AbortController();
    const own = await door((request) => {
      request.socket.on('close', closed.resolve);
      signal.abort('not within 10 seconds');
    });
    expect(await send(own, { signal: signal.signal })).toBe(
      'The smoke request GET /healthz got no answer: not within 10 seconds.',
    );
    await closed.promise;
  });

  test('when a header cannot be sent', async () => {
    const own = await door(candidateAnswers);
    expect(await send(own, { smoke: { headers: { 'X-A': 'a\u0001b' } } })).toMatch(/got no answer: Invalid character/);
  });

  test('not because its answer has no end: the status is what counts', async () => {
    const closed = Promise.withResolvers<void>();
    const own = await door((request, response) => {
      request.socket.on('close', closed.resolve);
      response.writeHead(200, { 'X-Gateway-Version': 'candidate' }).write('and so on');
    });
    expect(await send(own)).toBeUndefined();
    await closed.promise;
  });
});

test('the door is the plain one if there is one, on the loopback where the gateway listens on every address', () => {
  const tls = { host: '::', port: 8443 };
  expect(ownDoor({ proxy: { host: '0.0.0.0', port: 8000 }, tls })).toEqual({
    host: '127.0.0.1',
    port: 8000,
    secure: false,
  });
  expect(ownDoor({ tls })).toEqual({ host: '::1', port: 8443, secure: true });
  expect(ownDoor({ proxy: { host: '192.0.2.7', port: 1 } })).toEqual({ host: '192.0.2.7', port: 1, secure: false });
  expect(ownDoor({})).toBeUndefined();
});
