import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type HttpBackend,
  type RawClient,
  type Sluice,
  ask,
  connectRaw,
  startHttpBackend,
  startSluice,
  until,
} from '../kit/index.ts';

// One client opens many WebSockets and says nothing on them: nobody else may notice.
const perAddress = 10;
let backend: HttpBackend;
let sockets: WebSocketServer;
let sluice: Sluice;
const clients: RawClient[] = [];

beforeAll(async () => {
  backend = await startHttpBackend('backend');
  sockets = new WebSocketServer({ server: backend.server });
  sockets.on('connection', (socket) => socket.on('error', () => socket.terminate()));
  const connectionPool = { maxSize: 2, connectionTimeout: '1s' };
  sluice = await startSluice({
    proxy: { workers: 2 },
    routes: [
      {
        name: 'all',
        maxConcurrentRequests: 3,
        maxWebSockets: perAddress + 2,
        maxWebSocketsPerAddress: perAddress,
        backends: [{ name: 'backend', url: backend.url, connectionPool }],
      },
    ],
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await until('the WebSockets to be gone', async () => (await sluice.metric('api_gateway_active_websockets')) === 0);
});
afterAll(async () => {
  await sluice.stop();
  sockets.close();
  await backend.close();
});

async function upgrade(localAddress: string): Promise<{ status: number; text: string }> {
  const client = await connectRaw(sluice.proxyPort, { localAddress });
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
  const answers = await Promise.all([1, 2, 3].map(() => ask(sluice.proxyPort, '/')));
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
  await until('one to be gone', async () => (await sluice.metric('api_gateway_active_websockets')) < perAddress);
  await open(1, '127.0.0.2');
  expect((await upgrade('127.0.0.2')).status).toBe(429);
});
