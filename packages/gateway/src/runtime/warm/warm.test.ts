import { parseConfig, splitConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput, NodeSplit } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { crashWorker } from '../testing/crash-worker.ts';
import { bindAnyPort } from '../../wire/internals.ts';
import { certificateFolder } from '../../wire/testing/certificates.ts';
import type { Gateway } from '../gateway.ts';
import { startGateway } from '../start-gateway.ts';

const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 10 });

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Backend {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  /** How many connections are open, and how many were opened so far. */
  open(): number;
  opened(): number;
  /** Closes all connections. */
  hangUp(): void;
}

async function backend(answer: RequestListener = (_request, response) => response.end('fine')): Promise<Backend> {
  const requests: IncomingMessage[] = [];
  let [open, opened] = [0, 0];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  // Connections end when the test says so, and not because they were idle for five seconds.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    open++;
    opened++;
    socket.on('close', () => open--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open: () => open,
    opened: () => opened,
    hangUp: () => server.closeAllConnections(),
  };
}

type BackendInput = NonNullable<GatewayConfigInput['routes']>[number]['backends'][number];
type Split = Readonly<Record<string, unknown>>;

interface Scene {
  readonly stable: BackendInput;
  readonly candidate: BackendInput;
  readonly split?: Split | undefined;
  readonly proxy?: GatewayConfigInput['proxy'];
}

function configOf({ stable, candidate, split, proxy }: Scene): GatewayConfig {
  const read = (backends: BackendInput[]): GatewayConfig => {
    const parsed = parseConfig({
      proxy: { port: 0, workers: 2, ...proxy },
      management: { port: 0 },
      routes: [{ name: 'one', pathPattern: '/**', hosts: ['shop.example'], backends }],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  };
  const config = read([stable]);
  if (split === undefined) return config;
  const settings = splitConfig.parse({ deploymentId: 'd-1', epoch: 1, percentage: 0, ...split });
  return {
    ...config,
    routes: [{ ...config.routes[0], split: { ...settings, candidate: read([candidate]).routes[0] } }],
  };
}

async function start(config: GatewayConfig): Promise<Gateway> {
  const log = createLogger({ output: { write: () => true } });
  const gateway = await startGateway({ config, log, version: '1.2.3' });
  closers.push(() => gateway.close({ drainMs: 0 }));
  return gateway;
}

const statusOf = (gateway: Gateway): NodeSplit | undefined => gateway.status.splits()[0];
const named = (url: string, more: object = {}): BackendInput => ({ name: 'a', url, ...more });
const warm = { probeToken: 'the-secret-token-1', smoke: [{ path: '/healthz' }] };

test('a candidate is ready when every worker is connected to it and it answered the smoke requests', async () => {
  const [stable, candidate] = [await backend(), await backend()];
  const pool = { connectionPool: { minSize: 3 } };
  const scene = { stable: named(stable.url), candidate: named(candidate.url, pool) };
  const gateway = await start(configOf(scene));
  expect(gateway.status.splits()).toEqual([]);
  await gateway.apply(configOf({ ...scene, split: { warm } }));
  await until(() => statusOf(gateway)?.ready === true);
  expect(statusOf(gateway)?.problems).toEqual([]);
  await until(() => candidate.open() === 6 && stable.open() === 2);
  const [smoke] = candidate.requests;
  expect(smoke).toMatchObject({ method: 'GET', url: '/healthz' });
  expect(smoke.headers).toMatchObject({ host: 'shop.example' });
  expect(JSON.stringify(smoke.rawHeaders)).not.toContain(warm.probeToken);
  // What the gateway asks itself is no traffic.
  expect(statusOf(gateway)?.candidate).toMatchObject({ requests: 0, rejected: 0, aborted: 0 });
  expect(stable.requests).toEqual([]);

  await gateway.apply(configOf({ ...scene, split: { warm, percentage: 50, epoch: 2 } }));
  expect(statusOf(gateway)).toMatchObject({ epoch: 2, ready: true });
  expect(candidate.requests).toHaveLength(1);

  await gateway.apply(configOf(scene));
  await until(() => candidate.open() === 0);
});

test('a smoke request that fails is sent again until it passes', async () => {
  let status = 500;
  const candidate = await backend((_request, response) => response.writeHead(status).end());
  const scene = { stable: named((await backend()).url), candidate: named(candidate.url), split: { warm } };
  const gateway = await start(configOf(scene));
  await until(() => statusOf(gateway)?.problems[0]?.includes('500') === true);
  expect(statusOf(gateway)).toMatchObject({
    ready: false,
    problems: ['The smoke request GET /healthz was answered with status 500 instead of 200.'],
  });
  status = 200;
  await until(() => statusOf(gateway)?.ready === true);
});

test('a gateway that only speaks TLS sends its smoke requests through that', async () => {
  const { certFile, keyFile } = certificateFolder().make('gateway', ['shop.example']);
  const candidate = await backend();
  const gateway = await start(
    configOf({
      stable: named((await backend()).url),
      candidate: named(candidate.url),
      split: { warm },
      proxy: { http: false, tls: { port: 0, certificates: [{ certFile, keyFile }] } },
    }),
  );
  await until(() => statusOf(gateway)?.ready === true);
  expect(candidate.requests).toHaveLength(1);
});

test('a candidate that cannot be reached is not ready, and says why; it is once it is there', async () => {
  const { port, release } = bindAnyPort('127.0.0.1')!;
  closers.push(release);
  const scene = { stable: named((await backend()).url), candidate: named(`http://127.0.0.1:${port}`), split: { warm } };
  const gateway = await start(configOf(scene));
  const refused = 'The backend a is not connected: connecting failed: ECONNREFUSED.';
  await until(() => statusOf(gateway)?.problems.includes(refused) === true);
  expect(statusOf(gateway)?.ready).toBe(false);
  const late = createServer((_request, response) => response.end()).listen(port, '127.0.0.1');
  closers.push(() => {
    late.closeAllConnections();
    late.close();
  });
  await until(() => statusOf(gateway)?.ready === true);
});

test('a candidate whose health checks fail is not ready, until they succeed', async () => {
  let healthy = false;
  const candidate = await backend((_request, response) => response.writeHead(healthy ? 200 : 503).end());
  const healthCheck = { endpoint: '/health', interval: '100ms', timeout: '30s' };
  const gateway = await start(
    configOf({
      stable: named((await backend()).url),
      candidate: named(candidate.url, { healthCheck }),
      split: { warm: { ...warm, smoke: [] } },
    }),
  );
  await until(() => statusOf(gateway)?.problems[0] === 'The backend a is unhealthy.');
  expect(statusOf(gateway)?.ready).toBe(false);
  healthy = true;
  await until(() => statusOf(gateway)?.ready === true);
});

test('the first health check is not waited for: it is made at once', async () => {
  const candidate = await backend();
  const healthCheck = { endpoint: '/health', interval: '1h' };
  // The check that comes by itself comes after a random part of the interval: not while this test runs.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  closers.push(() => random.mockRestore());
  const gateway = await start(
    configOf({
      stable: named((await backend()).url),
      candidate: named(candidate.url, { healthCheck }),
      split: { warm },
    }),
  );
  await until(() => statusOf(gateway)?.ready === true);
  expect(candidate.requests.map(({ url }) => url)).toEqual(['/health', '/healthz']);
});

test('connections that a backend closes are opened again, for both versions', async () => {
  const [stable, candidate] = [await backend(), await backend()];
  const scene = { stable: named(stable.url), candidate: named(candidate.url), split: { percentage: 100 } };
  await start(configOf(scene));
  await until(() => stable.open() === 2 && candidate.open() === 2);
  for (const each of [stable, candidate]) each.hangUp();
  await until(() => stable.opened() >= 4 && candidate.opened() >= 4 && stable.open() + candidate.open() === 4);
  expect([stable.opened(), candidate.opened()]).toEqual([4, 4]);
});

test('a worker that takes the place of another warms up, too', async () => {
  const candidate = await backend();
  const gateway = await start(
    configOf({ stable: named((await backend()).url), candidate: named(candidate.url), split: { warm } }),
  );
  await until(() => statusOf(gateway)?.ready === true && candidate.open() === 2);
  await crashWorker(0);
  expect(statusOf(gateway)?.ready).toBe(false);
  await until(() => statusOf(gateway)?.ready === true && candidate.open() === 2);
  expect(candidate.requests).toHaveLength(1);
});
