import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask, connectRaw, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, RawClient, Sluice } from '../kit/index.ts';

/** Requests of one caller that may be in progress. */
const limit = 2;

let backend: HttpBackend;
let sluice: Sluice;
const clients: RawClient[] = [];
/** What the backend keeps waiting: answers, and sockets of WebSockets. */
const waiting: (ServerResponse | Socket)[] = [];

/** By default a request may be held for longer than any of these tests takes. */
const configOf = (most: number, timeoutSeconds = 120) => ({
  proxy: { workers: 2, accessLog: { failures: false } },
  routes: [
    {
      name: 'held',
      pathPattern: '/**',
      timeoutSeconds,
      // A second attempt would be held like the first one.
      retryPolicy: { maxAttempts: 1 },
      concurrency: { limit: most, keyBy: 'Header:X-Caller' },
      ejection: { consecutiveFailures: 0 },
      backends: [{ name: 'backend', url: backend.url }],
    },
  ],
});

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  // The gateway sends a request again when a connection that it has used before breaks.
  backend.server.maxRequestsPerSocket = 1;
  backend.answer = (incoming, response) => {
    incoming.resume();
    if (incoming.url === '/held') waiting.push(response);
    else response.end('ok');
  };
  backend.server.on('upgrade', (_, socket: Socket) => {
    socket.on('error', () => {});
    waiting.push(socket);
  });
  sluice = await startSluice(configOf(limit));
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const one of waiting.splice(0)) one.destroy();
});

const plain = '';
const webSocket = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
].join('\r\n');

/** Begins a request that the backend keeps waiting, on a connection of its own. */
async function begin(caller: string, fields = plain): Promise<RawClient> {
  const before = waiting.length;
  const client = await connectRaw(sluice.proxyPort);
  clients.push(client);
  client.send(`GET /held HTTP/1.1\r\nHost: a\r\nX-Caller: ${caller}\r\n${fields}\r\n`);
  await until('the request to be in progress', () => waiting.length > before || client.received !== '');
  return client;
}

/** The codes of the errors that further requests get, from whichever worker; `passed` for a response of the backend. */
async function furtherRequests(caller: string): Promise<string[]> {
  const codes = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const { status, body } = await ask(sluice.proxyPort, '/quick', { headers: { 'X-Caller': caller } });
    codes.add(status === 200 ? 'passed' : (JSON.parse(body) as { error: { code: string } }).error.code);
  }
  return [...codes];
}

/** Waits until so many requests of a caller find room, and expects that one more does not. */
async function expectRoom(caller: string, places: number): Promise<void> {
  for (let i = 0; i < places; i++) {
    await until(`a place for request ${i + 1}`, async () => (await begin(caller)).received === '');
  }
  expect(await furtherRequests(caller)).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
}

const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const answered = (one: ServerResponse | Socket, text = 'done'): void => void one.end(text);

const ends: Record<string, (client: RawClient, held: ServerResponse | Socket) => unknown> = {
  'the backend answers': (_, held) => answered(held),
  'the client closes': (client) => client.close(),
  'the client resets': (client) => client.socket.resetAndDestroy(),
  'the backend resets': (_, held) => ('socket' in held ? held.socket?.resetAndDestroy() : held.destroy()),
  'the backend breaks off': (_, held) => {
    if ('writeHead' in held) held.writeHead(200, { 'Content-Length': 9 }).write('a');
    held.destroy();
  },
  'the client leaves within the answer': async (client, held) => {
    if ('writeHead' in held) held.writeHead(200, { 'Content-Length': 9 }).write('a');
    await client.seen('\r\n\r\na');
    client.close();
  },
};

test.each(Object.keys(ends))('a place is free again, once, after %s', async (name) => {
  const held = [await begin(name), await begin(name)];
  expect(await furtherRequests(name)).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
  expect(await furtherRequests(`not ${name}`)).toEqual(['passed']);
  for (const [index, one] of waiting.splice(0).entries()) await ends[name](held[index], one);
  await expectRoom(name, limit);
});

test('a place is free again, once, after the backend takes too long', async () => {
  const name = 'too long';
  const seconds = 3;
  await sluice.apply(configOf(limit, seconds));
  const held = await until('a look that takes less time than the backend has', async () => {
    const begun = performance.now();
    const both = [await begin(name), await begin(name)];
    const codes = await furtherRequests(name);
    if (performance.now() - begun > seconds * 1000) return false;
    expect(codes).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
    return both;
  });
  expect(await furtherRequests(`not ${name}`)).toEqual(['passed']);
  // The requests that follow are held until the test is over; those that have begun keep their time.
  await sluice.apply(configOf(limit));
  for (const client of held) await client.seen('GATEWAY_TIMEOUT');
  await expectRoom(name, limit);
});

test('a WebSocket takes a place until it opens, and gives back none when it ends', async () => {
  const caller = 'websocket';
  const opened = [await begin(caller, webSocket), await begin(caller, webSocket)];
  expect(await furtherRequests(caller)).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
  const [first, second] = waiting.splice(0) as Socket[];
  first.write(switching);
  await opened[0].seen('101');
  await expectRoom(caller, 1);
  first.destroy();
  await opened[0].closed();
  expect(await furtherRequests(caller)).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
  second.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  await opened[1].seen('403');
  await expectRoom(caller, 1);
});

test('what is in progress when the limit changes counts against the new one, and ends once', async () => {
  const caller = 'change';
  const [client] = [await begin(caller), await begin(caller)];
  await sluice.apply(configOf(limit + 1));
  await expectRoom(caller, 1);
  await sluice.apply(configOf(limit));
  client.close();
  // Two of the three are left, which is all that may be.
  await until('the client to be gone', async () => (await sluice.metric('api_gateway_active_requests')) === 2);
  expect(await furtherRequests(caller)).toEqual(['CONCURRENCY_LIMIT_EXCEEDED']);
  for (const one of waiting.splice(0)) one.destroy();
  await expectRoom(caller, limit);
});
