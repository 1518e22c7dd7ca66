import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask, connectRaw, createGate, rssOf, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, RawClient, Sluice } from '../kit/index.ts';

let backend: HttpBackend;
let sluice: Sluice;

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  backend.answer = plain;
  const backends = [{ name: 'backend', url: backend.url }];
  sluice = await startSluice({
    proxy: {
      workers: 2,
      maxConcurrentRequests: 6,
      maxConnections: 20,
      maxConnectionsPerAddress: 12,
      timeouts: { clientIdle: '1s', minBodyRate: 1000, drain: '1s' },
    },
    routes: [
      { name: 'all', backends },
      { name: 'narrow', pathPattern: '/narrow', maxConcurrentRequests: 2, backends },
      { name: 'brief', pathPattern: '/brief', maxDurationSeconds: 1, backends },
    ],
  });
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
});

const plain: HttpBackend['answer'] = (request, response) =>
  void request.resume().on('end', () => response.end('plain'));
const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  backend.answer = plain;
});

async function open(options?: { timeout?: number; localAddress?: string }): Promise<RawClient> {
  const client = await connectRaw(sluice.proxyPort, options);
  clients.push(client);
  return client;
}

const send = (path: string, options = {}): Promise<Answer> => ask(sluice.proxyPort, path, options);
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const noneOpen = (): Promise<true> =>
  until('all connections to be closed', async () => (await sluice.metric('api_gateway_active_connections')) === 0);

/** Holds `allowed` requests to `path` in flight, expects the next ones to be refused, and then lets all go. */
async function fill(path: string, allowed: number): Promise<void> {
  const gate = createGate();
  backend.answer = gate.hold;
  const held = Array.from({ length: allowed }, () => send(path));
  await until(`${allowed} requests in flight`, () => gate.waiting === allowed);
  for (let attempt = 0; attempt < 4; attempt++) {
    const refused = await send(path);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS_IN_FLIGHT' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  }
  expect(gate.waiting).toBe(allowed);
  gate.open('done');
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 200));
  backend.answer = plain;
  // A client has its response before its place is free again.
  await sluice.counted();
  expect((await send(path)).status).toBe(200);
}

test.each([
  ['a route', '/narrow', 2],
  ['the gateway', '/', 6],
])('%s takes as many requests as allowed, counted over all workers', async (_, path, allowed) => {
  expect.hasAssertions();
  await fill(path, allowed);
});

test('a client that leaves makes room', async () => {
  const gate = createGate();
  backend.answer = gate.hold;
  const pair = [await open(), await open()];
  for (const client of pair) client.send(get.replace('/', '/narrow'));
  await until('both requests in flight', () => gate.waiting === 2);
  for (const client of pair) client.close();
  await until('both requests to be aborted', () => gate.waiting === 0);
  backend.answer = plain;
  await sluice.counted();
  expect((await send('/narrow')).status).toBe(200);
});

/** Connections from 127.0.0.`last`, each proved by an answer; stops at the first that is refused. */
async function occupy(last: number, most: number): Promise<RawClient[]> {
  const occupied: RawClient[] = [];
  while (occupied.length < most) {
    const client = await open({ localAddress: `127.0.0.${last}` });
    client.send(get);
    const status = await client.response().then(
      (response) => response.status,
      () => 0,
    );
    if (status !== 200) return occupied;
    occupied.push(client);
  }
  return occupied;
}

test('one address gets as many connections as allowed, and others are not affected', async () => {
  await noneOpen();
  const rejections = await sluice.metric('api_gateway_rejections_total');
  const first = await occupy(2, 20);
  expect(first).toHaveLength(12);
  expect((await send('/')).status).toBe(200);
  await until('the refusal to be counted', async () => {
    return (await sluice.metric('api_gateway_rejections_total')) > rejections;
  });
  for (const client of first) client.close();
  await noneOpen();
  expect(await occupy(2, 3)).toHaveLength(3);
});

test('all addresses together get as many connections as allowed', async () => {
  await noneOpen();
  const all = [...(await occupy(2, 10)), ...(await occupy(3, 10)), ...(await occupy(4, 10))];
  expect(all).toHaveLength(20);
  for (const client of all) client.close();
  await noneOpen();
  expect((await send('/')).status).toBe(200);
});

test('a reader that stops costs no memory, is closed at its deadline, and holds nobody up', async () => {
  let written = 0;
  backend.answer = (_, response) => {
    const block = Buffer.alloc(65_536);
    const pump = (): void => {
      while (!response.destroyed && written < 1e9) {
        written += block.length;
        if (!response.write(block)) return;
      }
    };
    response.on('drain', pump);
    pump();
  };
  const rss = rssOf(sluice.pid);
  const client = await open();
  client.send(get);
  await client.seen('200 OK');
  client.socket.pause();
  backend.answer = plain;
  expect((await send('/')).status).toBe(200);
  await until('the connection to be closed', async () => (await sluice.metric('api_gateway_active_requests')) === 0);
  // What sits in the buffers of four sockets, not the gigabyte that the backend would send.
  expect(written).toBeLessThan(50e6);
  expect(rssOf(sluice.pid) - rss).toBeLessThan(40);
  client.close();
});

test('a body of a few bytes a second is cut off', async () => {
  const client = await open();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
  const timer = setInterval(() => client.send('x'.repeat(20)), 200);
  const { status } = await client.response();
  clearInterval(timer);
  expect(status).toBe(408);
  client.close();
});

test('an exchange ends when its time is over', async () => {
  backend.answer = (_, response) => {
    const timer = setInterval(() => response.write('x'), 100);
    response.on('close', () => clearInterval(timer));
  };
  const client = await open();
  client.send(get.replace('/', '/brief'));
  const begun = performance.now();
  expect((await client.response()).complete).toBe(false);
  // The route's second, with room for a busy machine, and not the thirty that are usual.
  expect(performance.now() - begun).toBeLessThan(10_000);
  backend.answer = plain;
});

test('a thousand pipelined requests are answered in order', async () => {
  backend.answer = (request, response) => response.end(request.url);
  const client = await open();
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  client.send(numbers.map((index) => get.replace('/', `/${index}`)).join(''));
  for (const index of numbers) expect((await client.response()).body.toString()).toBe(`/${index}`);
  backend.answer = plain;
  client.close();
});

test('requests pipelined behind one that hangs are not read without bound', async () => {
  const gate = createGate();
  backend.answer = gate.hold;
  await sluice.counted();
  const rss = rssOf(sluice.pid);
  const client = await open();
  client.send(get);
  await until('the first request to hang', () => gate.waiting === 1);
  client.send(Buffer.alloc(50_000_000, get));
  // Another connection is served all the while (by the gate, which holds only what came before).
  expect(await sluice.metric('api_gateway_active_requests')).toBe(1);
  // The bulk stays in the client: the gateway reads ahead only as far as its limit.
  expect(client.socket.writableLength).toBeGreaterThan(30_000_000);
  expect(rssOf(sluice.pid) - rss).toBeLessThan(30);
  gate.open('late');
  expect((await client.response()).body.toString()).toBe('late');
  backend.answer = plain;
});
