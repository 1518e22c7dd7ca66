import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, startOneBackend, until } from '../kit/index.ts';
import type { OneBackend, RawClient } from '../kit/index.ts';

// The attack as it was reported, against the default settings: 210 uploads of 300 B/s from one address, pools of 100.
let one: OneBackend;

beforeAll(async () => {
  const answer: OneBackend['backend']['answer'] = (request, response) =>
    void request.resume().on('end', () => response.end('ok'));
  one = await startOneBackend({ workers: 2, answer });
});
afterAll(() => one.stop());

async function upload(first: string): Promise<RawClient> {
  const client = await one.connect();
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${first}`);
  return client;
}

test.each([
  ['from the first byte on', ''],
  ['after a quick start', 'x'.repeat(20_000)],
])('210 uploads that are slow %s cost nobody else a request, and are ended', { timeout: 60_000 }, async (_, first) => {
  const clients = await Promise.all(Array.from({ length: 210 }, () => upload(first)));
  const trickle = setInterval(() => clients.forEach((client) => client.send('x'.repeat(30))), 100);
  const failed: number[] = [];
  // Too slow (408), more than a share (429), or at the end of a queue of other slow uploads for too long (503).
  const ended = (): boolean => clients.every(({ received }) => /^HTTP\/1\.1 (408|429|503) /.test(received));
  const isOver = async (): Promise<boolean> => {
    const { status } = await ask(one.sluice.proxyPort, '/');
    if (status !== 200) failed.push(status);
    return ended();
  };
  await until('all uploads to be ended', isOver, { timeout: 40_000 }).finally(() => clearInterval(trickle));
  expect(failed).toEqual([]);
  one.leave();
  await one.sluice.idle();
});
