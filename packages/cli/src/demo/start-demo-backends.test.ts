import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { patternPeriod, patternSlice } from './byte-pattern.ts';
import { freePort } from '@sluice/service/testing';
import { demoRoute } from './demo-config.ts';
import { startDemoBackends } from './start-demo-backends.ts';
import type { DemoBackends } from './start-demo-backends.ts';

let backends: DemoBackends;
beforeAll(async () => {
  backends = await startDemoBackends({ host: '127.0.0.1', onStop: () => undefined });
});
afterAll(() => backends.close());

const at = (path: string, init?: RequestInit): Promise<Response> => fetch(backends.stable.url + path, init);

test('both backends answer and say who they are, in the header and in the body', async () => {
  for (const name of ['stable', 'candidate'] as const) {
    const response = await fetch(`${backends[name].url}/get`);
    expect(response.headers.get('x-served-by')).toBe(name);
    expect(await response.json()).toMatchObject({ servedBy: name });
  }
});

test('the bad one fails 8 of 100 requests, spread evenly, and is slower', async () => {
  const begun = performance.now();
  const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(`${backends.bad.url}/get`)));
  expect(performance.now() - begun).toBeGreaterThan(55);
  expect(answers.map(({ status }) => status).filter((status) => status === 503)).toHaveLength(8);
  expect(new Set(answers.map(({ headers }) => headers.get('x-served-by')))).toEqual(new Set(['bad']));
});

test('/get describes the request', async () => {
  const response = await at('/get?a=1&b=2&b=3', { headers: { 'X-Case': 'kept' } });
  expect(await response.json()).toMatchObject({
    method: 'GET',
    url: `${backends.stable.url}/get?a=1&b=2&b=3`,
    args: { a: '1', b: ['2', '3'] },
    headers: { 'X-Case': 'kept' },
    origin: '127.0.0.1',
  });
});

test('/ lists every endpoint', async () => {
  const { endpoints } = (await (await at('/')).json()) as { endpoints: object };
  expect(Object.keys(endpoints)).toEqual(expect.arrayContaining(['/get', '/status/:code', '/sse', '/ws', '/upload']));
});

test('/anything echoes any method and its body', async () => {
  const response = await at('/anything', { method: 'PATCH', body: 'grüße' });
  expect(await response.json()).toMatchObject({ method: 'PATCH', data: 'grüße' });
});

test('/anything refuses a body too large to echo', async () => {
  const response = await at('/anything', { method: 'POST', body: Buffer.alloc(11 * 1024 * 1024) });
  expect(response.status).toBe(413);
});

test.each([
  ['/status/418', 418],
  ['/status/204', 204],
  ['/status/304', 304],
  ['/status/599', 599],
  ['/status/100', 400],
  ['/status/x', 400],
  ['/delay/61', 400],
  ['/bytes/1073741825', 400],
  ['/stream/0', 400],
  ['/nowhere', 404],
  ['/get/more', 404],
  ['/upload', 405],
])('%s answers %i', async (path, status) => {
  const response = await at(path);
  expect(response.status).toBe(status);
  expect(response.headers.get('x-served-by')).toBe('stable');
});

test('/delay answers late, by a fraction of a second', async () => {
  const begun = performance.now();
  expect(await (await at('/delay/0.15')).json()).toMatchObject({ delay: 0.15 });
  expect(performance.now() - begun).toBeGreaterThan(140);
});

test('/stream sends one JSON object per line', async () => {
  const lines = (await (await at('/stream/3')).text()).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([0, 1, 2]);
});

test('/bytes sends the announced number of the same bytes', async () => {
  const body = Buffer.from(await (await at(`/bytes/${patternPeriod + 10}`)).arrayBuffer());
  expect(body.equals(Buffer.concat([patternSlice(0, patternPeriod), patternSlice(patternPeriod, 10)]))).toBe(true);
});

test('HEAD of /bytes has the length and no body', async () => {
  const response = await at('/bytes/1000', { method: 'HEAD' });
  expect(response.headers.get('content-length')).toBe('1000');
  expect(await response.text()).toBe('');
});

test('/upload answers the length and hash of the body', async () => {
  const body = Buffer.alloc(300_000, 7);
  const sha256 = createHash('sha256').update(body).digest('hex');
  expect(await (await at('/upload', { method: 'PUT', body })).json()).toMatchObject({ length: 300_000, sha256 });
});

test('/sse sends numbered events and goes on after the last one seen', async () => {
  const text = await (await at('/sse?n=2&interval=1', { headers: { 'Last-Event-ID': '41' } })).text();
  expect(text.match(/^id: \d+$/gm)).toEqual(['id: 42', 'id: 43']);
});

test('/ws echoes text and binary messages', async () => {
  const socket = new WebSocket(`${backends.candidate.url.replace('http', 'ws')}/ws`);
  const upgraded = once(socket, 'upgrade');
  await once(socket, 'open');
  const [response] = (await upgraded) as [IncomingMessage];
  expect(response.headers['x-served-by']).toBe('candidate');
  for (const message of ['hello', Buffer.from([0, 255])]) {
    const echoed = once(socket, 'message') as Promise<[Buffer, boolean]>;
    socket.send(message);
    const [data, isBinary] = await echoed;
    expect(isBinary ? data : data.toString()).toEqual(message);
  }
  socket.terminate();
});

test('an Upgrade to something else than a WebSocket is answered as plain HTTP', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { connection: 'upgrade', upgrade: 'h2c' };
    request(`${backends.stable.url}/get`, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

test('a taken port is reported with its number', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const start = startDemoBackends({ host: '127.0.0.1', ports: [0, port, 0], onStop: () => undefined });
  await expect(start).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  taken.close();
});

test('close is idempotent and frees the ports', async () => {
  // Nobody else takes these when they are free again.
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const own = await startDemoBackends({ host: '127.0.0.1', ports, onStop: (line) => expect.fail(line) });
  await own.close();
  await own.close();
  await expect(fetch(`${own.stable.url}/get`)).rejects.toThrow('fetch failed');
});

test('the route of the demo sends nine of ten requests to stable, without the prefix', () => {
  const route = demoRoute({ stable: 'http://127.0.0.1:1', candidate: 'http://127.0.0.1:2' });
  expect(route).toMatchObject({
    pathPattern: '/test/**',
    backends: [
      { name: 'stable', weight: 90 },
      { name: 'candidate', weight: 10 },
    ],
  });
});
