import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { openLoop } from './open-loop.ts';

/** Runs an open loop over four connections against a server that answers after `delayMs(sinceFirst)`, the time since its first request. */
async function load(delayMs: (sinceFirst: number) => number, status = 200) {
  let first: number | undefined;
  const server = createServer((_request, response) => {
    const now = performance.now();
    first ??= now;
    setTimeout(() => response.writeHead(status, { 'content-length': 2 }).end('ok'), delayMs(now - first));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const connections = await Promise.all(Array.from({ length: 4 }, () => Connection.open(port)));
  const result = await openLoop(connections, `GET / HTTP/1.1\r\nHost: x\r\n\r\n`, { rate: 200, seconds: 1 });
  for (const connection of connections) connection.close();
  server.closeAllConnections();
  server.close();
  return result;
}

test('a stall is charged to every request that it delayed, sent or not', async () => {
  // For 600 ms nothing is answered: with 4 connections only 4 requests are on the way, but 120 of the 200 fall due. A machine
  // that is busy makes every time longer, and none shorter.
  const result = await load((since) => Math.max(0, 600 - since));
  expect(result.errors).toBe(0);
  expect(result.p99Micros).toBeGreaterThan(500_000);
  expect(result.p50Micros).toBeGreaterThan(75_000);
});

test('a rate that cannot be kept up shows in the share reached', async () => {
  const result = await load(() => 100); // 4 connections of 100 ms each: 40 per second of the 200 wanted
  expect(result.reachedShare).toBeLessThan(0.5);
});

test('answers other than 200 are errors', async () => {
  expect(await load(() => 0, 500)).toMatchObject({ errors: 200 });
});
