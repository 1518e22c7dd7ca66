import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSluice } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';
import { keepPosting } from './keep-posting.ts';

/** Answers as soon as it has seen a head, whatever comes of the body: as Tomcat, Go and nginx refuse a POST. */
const hasty = createServer((socket) => {
  let unread = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    unread += bytes.toString('latin1');
    const head = /POST (\S+)[^]*?\r\n\r\n/.exec(unread);
    if (head === null) return;
    unread = unread.slice(head.index + head[0].length);
    const close = head[1] === '/closes';
    socket.write(`HTTP/1.1 401 Unauthorized\r\n${close ? 'Connection: close\r\n' : ''}Content-Length: 2\r\n\r\nno`);
    if (close) socket.destroySoon();
  });
});
let sluice: Sluice;

beforeAll(async () => {
  await new Promise<void>((resolve) => hasty.listen(0, '127.0.0.1', resolve));
  const { port } = hasty.address() as { port: number };
  const backends = [{ name: 'hasty', url: `http://127.0.0.1:${port}`, connectionPool: { maxSize: 50 } }];
  const routes = [
    { name: 'all', ejection: { consecutiveFailures: 0 }, backends },
    { name: 'limited', pathPattern: '/limited', maxBodyBytes: 1000, backends },
  ];
  sluice = await startSluice({ proxy: { workers: 1 }, routes });
});
afterAll(async () => {
  await sluice.stop();
  hasty.close();
});

test.each(['/', '/closes'])(
  'no POST to a backend that answers %s without reading it fails on a kept connection',
  async (path) => {
    const statuses = await keepPosting(sluice.proxyPort, path, 30);
    expect(statuses.filter((status) => status !== 401)).toEqual([]);
  },
);

test.concurrent.each([
  { path: '/limited', status: 413 },
  { path: '/large', status: 401 },
])('a client that reads nothing before it has sent all of $path gets its $status', async ({ path, status }) => {
  const socket = connect({ port: sluice.proxyPort, host: '127.0.0.1', allowHalfOpen: true });
  socket.pause();
  const size = 2_000_000;
  await written(socket, `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  for (let sent = 0; sent < size; sent += size / 25) {
    await written(socket, 'x'.repeat(size / 25));
    await pause(100);
  }
  let answer = '';
  for await (const bytes of socket) answer += String(bytes);
  expect(answer).toContain(`HTTP/1.1 ${status}`);
  expect(answer).toContain('Connection: close');
});

function written(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.write(text, (error) => (error ? reject(error) : resolve())));
}
