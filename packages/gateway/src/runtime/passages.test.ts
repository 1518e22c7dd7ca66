/** What passing through the gateway takes: the time that it adds, and the bytes. */
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 5, timeout: 60_000 });
/** How long something is held up, and how much of that must be seen: timers may be a little early. */
const [heldMs, seenSeconds] = [60, 0.055];

const answers: ServerResponse[] = [];
const server = createServer((request, response) => {
  request.resume();
  answers.push(response);
});
let address: string;
let gateway: Gateway;
let sockets: Socket[];
beforeEach(async () => {
  answers.length = 0;
  sockets = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${address}`;
  const parsed = parseConfig({
    proxy: { port: 0, workers: 1 },
    management: { port: 0 },
    routes: [{ name: 'r', pathPattern: '/**', backends: [{ name: 'a', url, connectionPool: { maxSize: 1 } }] }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLogger({ output: { write: () => true } });
  gateway = await startGateway({ config: parsed.config, log, version: '1.2.3' });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await gateway.close({ drainMs: 0 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function send(text: string): Promise<Socket> {
  const socket = connect(gateway.addresses.proxy?.port ?? 0, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

function pooled(name: string, labels = ''): number {
  return sampleOf(`${name}{address="${address}"${labels}} `);
}

function valueOf(name: string): number {
  return sampleOf(`${name}{route="r"} `);
}

function sampleOf(beginning: string): number {
  const line = metricText(gateway.status)
    .split('\n')
    .find((found) => found.startsWith(beginning));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const counted = (): number => valueOf('api_gateway_request_overhead_seconds_count');
const overhead = (): number => valueOf('api_gateway_request_overhead_seconds_sum');
const duration = (): number => valueOf('api_gateway_request_duration_seconds_sum');

test('the time of a backend, before its response and within it, is not overhead', async () => {
  await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => answers.length === 1);
  await sleep(heldMs);
  answers[0].write('x');
  await sleep(heldMs);
  answers[0].end('y');
  await until(() => counted() === 1);
  expect(overhead()).toBeGreaterThan(0);
  expect(duration() - overhead()).toBeGreaterThan(2 * seenSeconds);
});

test('the time in which the client sends its body is not overhead, and bytes of both directions are counted', async () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
  const client = await send(head);
  let received = 0;
  client.on('data', (part) => (received += part.length));
  await until(() => gateway.status.load().activeRequests === 1);
  await sleep(heldMs);
  client.write('hello');
  await until(() => answers.length === 1);
  answers[0].end('z'.repeat(1000));
  await until(() => counted() === 1 && received > 1000);
  expect(duration() - overhead()).toBeGreaterThan(seenSeconds);
  expect(valueOf('api_gateway_request_bytes_total')).toBe(head.length + 5);
  expect(valueOf('api_gateway_response_bytes_total')).toBe(received);
});

test('the wait for a connection is overhead', async () => {
  await send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => answers.length === 1);
  await send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => gateway.status.load().activeRequests === 2);
  await sleep(heldMs);
  answers[0].end();
  await until(() => answers.length === 2);
  answers[1].end();
  await until(() => counted() === 2);
  expect(overhead()).toBeGreaterThan(seenSeconds);
  // Workers report these every second.
  await until(() => pooled('api_gateway_backend_connection_waits_total') === 1);
  expect(pooled('api_gateway_backend_connections_opened_total')).toBe(1);
  await until(() => pooled('api_gateway_backend_connections', ',state="idle"') === 1);
  await send('GET /3 HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => pooled('api_gateway_backend_connections_reused_total') === 1);
  expect(pooled('api_gateway_backend_connections', ',state="busy"')).toBe(1);
});
