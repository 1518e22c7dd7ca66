/** Clients must not be able to make series: each costs memory here and in whatever stores the metrics. */
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { Gateway } from './gateway.ts';
import { startRawBackend } from '../forward/testing/raw-backend.ts';
import type { RawBackend } from '../forward/testing/raw-backend.ts';
import { startGateway } from './start-gateway.ts';

let backend: RawBackend | undefined;
let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close({ drainMs: 0 });
  backend?.close();
});

async function start(): Promise<Gateway> {
  // Node's own server takes no invented method.
  backend = await startRawBackend(({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const backends = [{ name: 'a', url: backend.url }];
  const parsed = parseConfig({
    proxy: { port: 0, workers: 1, accessLog: { failures: false } },
    management: { port: 0 },
    routes: [
      { name: 'open', hosts: ['open.test'], backends },
      { name: 'keyed', hosts: ['keyed.test'], authentication: { methods: [{ type: 'apiKey' }] }, backends },
      {
        name: 'limited',
        hosts: ['limited.test'],
        rateLimit: { type: 'TokenBucket', requests: 1, window: '24h', keyBy: 'Header:x-user' },
        backends,
      },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLogger({ output: { write: () => true } });
  return startGateway({ config: parsed.config, log, version: '1.2.3' });
}

const request = (line: string, ...fields: string[]): string =>
  `${line} HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

/** What somebody might vary, each with a text that was never sent before. */
const kinds: readonly ((text: string) => string)[] = [
  (text) => request(`GET /${text}`, 'Host: open.test'),
  (text) => request(`GET /?${text}=${text}`, 'Host: open.test'),
  (text) => request(`${text.toUpperCase()} /`, 'Host: open.test'),
  (text) => request('GET /', `Host: ${text}.test`),
  (text) => request('GET /', `Host: ${text}.open.test`),
  (text) => request('GET /', 'Host: open.test', `${text}: ${text}`),
  (text) => request('GET /', 'Host: open.test', `User-Agent: ${text}`, `Cookie: a=${text}`, `X-Request-Id: ${text}`),
  (text) => request('GET /', 'Host: open.test', `traceparent: 00-${text.slice(1, 33)}-${text.slice(1, 17)}-01`),
  (text) => request('GET /', 'Host: open.test', `X-Forwarded-For: ${text}`, `Forwarded: for=${text}`),
  (text) => request('GET /', 'Host: keyed.test', `X-Api-Key: ${text}`),
  (text) => request('GET /', 'Host: keyed.test', `Authorization: Bearer ${text}`, `X-Tier: ${text}`),
  (text) => request('GET /', 'Host: limited.test', `X-User: ${text}`),
  (text) => request('GET /', 'Host: limited.test', 'X-User: the same', `X-Tier: ${text}`),
  (text) => request('GET /', 'Host: open.test', 'Connection: upgrade', `Upgrade: ${text}`),
];

/** Sends requests on one connection, one behind the other. */
function send(port: number, requests: readonly string[]): () => void {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.resume();
  socket.write(requests.join(''), 'latin1');
  return () => socket.destroy();
}

function seriesOf(from: Gateway): string[] {
  const lines = metricText(from.status).split('\n');
  return lines.flatMap((line) => (line === '' || line.startsWith('#') ? [] : line.slice(0, line.lastIndexOf(' '))));
}

test('10,000 requests with paths, methods, hosts and headers that were never there before make no new series', async () => {
  gateway = await start();
  const node = gateway;
  const port = node.addresses.proxy?.port ?? 0;
  let total = 0;
  const attack = async (rounds: number): Promise<void> => {
    const requests = Array.from({ length: rounds * kinds.length }, (_, index) =>
      kinds[index % kinds.length](`x${randomBytes(17).toString('hex')}`),
    );
    total += requests.length;
    const end = send(port, requests);
    await vi.waitUntil(() => node.status.load().requestsTotal >= total, { interval: 5, timeout: 120_000 });
    end();
  };
  // The first ones of each kind make the series of their statuses.
  await attack(2);
  const before = seriesOf(node);
  await attack(Math.ceil(10_000 / kinds.length));
  expect(node.status.load().requestsTotal).toBeGreaterThanOrEqual(10_000);
  expect(seriesOf(node)).toEqual(before);
});
