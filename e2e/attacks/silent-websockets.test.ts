import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { ask, startOneBackend, until } from '../kit/index.ts';
import type { OneBackend, RawClient } from '../kit/index.ts';

// One client opens many WebSockets and says nothing on them: nobody else may notice.
const perAddress = 10;
let one: OneBackend;
let sockets: WebSocketServer;
const clients: RawClient[] = [];

beforeAll(async () => {
  one = await startOneBackend({
    workers: 2,
    route: { maxConcurrentRequests: 3, maxWebSockets: perAddress + 2, maxWebSocketsPerAddress: perAddress },
    connectionPool: { maxSize: 2, connectionTimeout: '1m' },
  });
  sockets = new WebSocketServer({ server: one.backend.server });
  sockets.on('connection', (socket) => socket.on('error', () => socket.terminate()));
});
afterEach(async () => {
  clients.length = 0;
  one.leave();
  await until(
    'the WebSockets to be gone',
    async () => (await one.sluice.metric('api_gateway_active_websockets')) === 0,
  );
});
afterAll(async () => {
  sockets.close();
  await one.stop();
});

async function upgrade(localAddress: string): Promise<{ status: number; text: string }> {
  const client = await one.connect({ localAddress });
  clients.push(client);
  client.send(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const { status, body } = await client.response();
  return { status, text: body.toString() };
}

async function open(count: number, localAddress: string): Promise<void> {
  for (let i = 0; i < count; i++) expect((await upgrade(localAddress)).status).toBe(101);
}

test('requests of others go on, in the pool and within the limit of the route', async () => {
  await open(perAddress, '127.0.0.2');
  // A client has its 101 before the gateway counts it as a WebSocket and no longer as a request.
  await one.sluice.counted();
  const answers = await Promise.all([1, 2, 3].map(() => ask(one.sluice.proxyPort, '/')));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('an address has as many as allowed, counted over all workers, and others get theirs', async () => {
  await open(perAddress, '127.0.0.2');
  const refused = await upgrade('127.0.0.2');
  expect(refused.status).toBe(429);
  expect(refused.text).toContain('TOO_MANY_WEBSOCKETS_OF_CLIENT');
  await open(2, '127.0.0.3');
  const full = await upgrade('127.0.0.3');
  expect(full.status).toBe(503);
  expect(full.text).toContain('TOO_MANY_WEBSOCKETS"');
});

test('a WebSocket that ends makes room for another', async () => {
  await open(perAddress, '127.0.0.2');
  clients.pop()?.close();
  await until('one to be gone', async () => (await one.sluice.metric('api_gateway_active_websockets')) < perAddress);
  await open(1, '127.0.0.2');
  expect((await upgrade('127.0.0.2')).status).toBe(429);
});
