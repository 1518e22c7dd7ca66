import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startRawBackend } from './testing/raw-backend.ts';
import { startSplitGateway } from './testing/split-gateway.ts';
import type { VersionInput } from './testing/split-gateway.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** How long an answer that begins with `head` and then falls silent is let live, in seconds; `most` if longer. */
async function patience(
  head: string,
  route: Partial<VersionInput>,
  most: number,
  proxy: { transport?: 'auto' | 'public' } = {},
): Promise<number> {
  const backend = await startRawBackend(({ socket }) => socket.write(`HTTP/1.1 200 OK\r\n${head}`));
  ends.push(() => backend.close());
  const { backends = [{}], ...more } = route;
  const version = { ...more, backends: [{ name: 'a', url: backend.url, ...backends[0] }] } as VersionInput;
  const gateway = await startSplitGateway({ stable: version, candidate: version, split: {}, proxy });
  ends.push(() => gateway.close());
  const client = connect(gateway.port, '127.0.0.1');
  ends.push(() => client.destroy());
  client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  // Its end is seen only by who reads.
  client.resume();
  await once(client, 'data');
  const [connection] = backend.connections;
  for (let seconds = 5; seconds < most; seconds += 5) {
    gateway.pass(5_000);
    // What the gateway closed says so at the backend before an answer to something later comes.
    await new Promise(setImmediate);
    if (gateway.active('stable') === 0) {
      await vi.waitUntil(() => (connection.destroyed || connection.readableEnded) && client.closed);
      return seconds;
    }
  }
  return most;
}

const chunked = 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n';

describe.each(['auto', 'public'] as const)('over the %s transport', (transport) => {
  test.each([
    ['ndjson', `Content-Type: application/x-ndjson\r\n${chunked}`],
    ['multipart', `Content-Type: multipart/x-mixed-replace; boundary=b\r\n${chunked}`],
    ['a watch', `Content-Type: application/json\r\n${chunked}`],
    ['server-sent events', `Content-Type: text/event-stream\r\n${chunked}`],
    ['what ends with the connection', '\r\nx'],
  ])('%s may be quiet for minutes', async (_, head) => {
    expect(await patience(head, {}, 1000, { transport })).toBe(300);
  });
});

test('what has a length may not', async () => {
  expect(await patience('Content-Length: 2\r\n\r\nx', {}, 1000)).toBe(30);
});

test('a hasty backend is held to its readTimeout', async () => {
  expect(await patience(chunked, { backends: [{ timeouts: { readTimeout: '10s' } }] } as object, 1000)).toBe(10);
});

test('a patient backend keeps its longer one', async () => {
  expect(await patience(chunked, { backends: [{ timeouts: { readTimeout: '10m' } }] } as object, 1000)).toBe(600);
});

test.each([chunked, 'Content-Length: 2\r\n\r\nx', `Content-Type: text/event-stream\r\n${chunked}`])(
  'the route decides for all of its answers',
  async (head) => {
    expect(await patience(head, { streamIdleSeconds: 20 }, 1000)).toBe(20);
    expect(await patience(head, { streamIdleSeconds: 2000 }, 1000)).toBe(1000);
  },
);
