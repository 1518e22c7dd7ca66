import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ask, startOneBackend, until } from '../kit/index.ts';
import type { OneBackend, RawClient } from '../kit/index.ts';

// One client begins many uploads and sends hardly anything of them: they must not use up the connections to the backend.
const maxSize = 4;
let one: OneBackend;

beforeAll(async () => {
  one = await startOneBackend({
    // However long the test takes, these uploads are not ended for being slow.
    timeouts: { minBodyRate: 0 },
    connectionPool: { maxSize, connectionTimeout: '1m' },
    answer: (request, response) => void request.resume().on('end', () => response.end('ok')),
  });
});
afterEach(async () => {
  one.leave();
  await one.sluice.idle();
});
afterAll(() => one.stop());

async function begin(head: string, first: string): Promise<RawClient> {
  const client = await one.connect();
  client.send(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${first}`);
  return client;
}

test.each([
  ['of known length', 'Content-Length: 100000', 'x'],
  ['in chunks', 'Transfer-Encoding: chunked', '1\r\nx\r\n'],
  ['in chunks, padded', 'Transfer-Encoding: chunked', '1;a=bcdefghijklmnopqrstuvwxyz\r\nx\r\n'],
])('uploads that trickle, %s, leave connections to others', async (_, head, piece) => {
  const { backend, sluice } = one;
  const before = backend.requests;
  const slow = await Promise.all(Array.from({ length: 3 * maxSize }, () => begin(head, piece)));
  const trickle = setInterval(() => slow.forEach((client) => client.send(piece)), 20);
  const under = async (): Promise<number> => sluice.metric('api_gateway_active_requests');
  await until('all uploads to be under way', async () => (await under()) === slow.length);
  await until('some to be forwarded', () => backend.requests > before);
  for (let i = 0; i < 100; i++) expect((await ask(sluice.proxyPort, '/')).status).toBe(200);
  clearInterval(trickle);
  expect(backend.requests - before - 100).toBeLessThanOrEqual(maxSize / 2);
  // The uploads themselves were not harmed.
  expect(await under()).toBe(slow.length);
});

test('a stream that begins with little and waits for an answer to that gets it', async () => {
  const { backend } = one;
  const plain = backend.answer;
  backend.answer = (request, response) =>
    void request.once('data', (data: Buffer) => response.end(`got ${data.toString()}`));
  const client = await begin('Transfer-Encoding: chunked', '2\r\nhi\r\n');
  expect(await client.response()).toMatchObject({ status: 200, body: Buffer.from('got hi') });
  backend.answer = plain;
});
