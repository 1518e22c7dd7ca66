import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, startOneBackend, until } from '../kit/index.ts';
import type { OneBackend, RawClient } from '../kit/index.ts';

// One client holds every connection to the backend, in whatever way, and waits for more: others must get theirs.
const maxSize = 4;
let one: OneBackend;

beforeAll(async () => {
  one = await startOneBackend({
    // However long the test takes, nobody has to give up waiting.
    connectionPool: { maxSize, connectionTimeout: '5m' },
    answer(request, response) {
      if (request.url === '/large') response.write(Buffer.alloc(50_000_000));
      else if (request.url === '/events')
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      else if (request.url !== '/hang') request.resume().on('end', () => response.end('ok'));
    },
  });
});
afterAll(() => one.stop());

async function greedy(bytes: string): Promise<RawClient> {
  const client = await one.connect();
  client.socket.pause();
  client.send(bytes);
  return client;
}

const open = (): Promise<number> =>
  new Promise((resolve, reject) =>
    one.backend.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

test.each([
  ['uploads that stop', `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(20_000)}`],
  [
    'uploads in chunks that stop',
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n${'x'.repeat(20_000)}`,
  ],
  ['responses that are not read', 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['responses that are not read, by HTTP/1.0', 'GET /large HTTP/1.0\r\nHost: a\r\n\r\n'],
  ['event streams', 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['requests that take long', 'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n'],
])('%s', async (_, bytes) => {
  const { sluice } = one;
  const clients = await Promise.all(Array.from({ length: 3 * maxSize }, () => greedy(bytes)));
  const under = async (): Promise<number> => sluice.metric('api_gateway_active_requests');
  // Alone it may have them all, and soon after others have waited nearly all.
  const holds = async (): Promise<boolean> => (await open()) >= maxSize - 1 && (await under()) === clients.length;
  await until('the connections to be its', holds);
  for (let i = 0; i < 5; i++) expect(await ask(sluice.proxyPort, '/')).toMatchObject({ status: 200, body: 'ok' });
  expect(await sluice.metric('api_gateway_rejections_total', { reason: 'POOL_EXHAUSTED' })).toBe(0);
  one.leave();
  await sluice.idle();
});
