import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { crashWorker } from './testing/crash-worker.ts';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

/** Waits for a condition; how long that takes decides nothing. */
const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

/** A backend whose answers to `/slow` wait for the test. */
interface Backend {
  readonly url: string;
  readonly waiting: ServerResponse[];
  close(): void;
}

let backend: Backend;
let gateways: Gateway[];
/** Of each gateway: two where workers could differ. */
let workers: number;
beforeEach(async () => {
  workers = 1;
  backend = await startBackend();
  gateways = [];
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close({ drainMs: 0 })));
  backend.close();
});

async function startBackend(): Promise<Backend> {
  const waiting: ServerResponse[] = [];
  const server: Server = createServer((incoming, response) => {
    if (incoming.url === '/slow') waiting.push(response);
    else response.end(`${incoming.method} ${incoming.url}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type RouteInput = Partial<NonNullable<GatewayConfigInput['routes']>[number]>;

function configOf(routes: RouteInput[] = [{}], proxy: GatewayConfigInput['proxy'] = {}): GatewayConfig {
  const parsed = parseConfig({
    proxy: { port: 0, workers, exposeRevision: true, ...proxy },
    management: { port: 0 },
    routes: routes.map((route, index) => ({
      name: `route-${index}`,
      pathPattern: '/**',
      backends: [{ name: 'a', url: backend.url }],
      ...route,
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

async function start(config = configOf(), options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const log = createLogger({ output: { write: () => true } });
  const gateway = await startGateway({ config, log, version: '1.2.3', ...options });
  gateways.push(gateway);
  return gateway;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly revision: string | undefined;
}

/** One request, on a connection of its own unless an agent is given. */
function ask(port: number, path: string, options: { agent?: Agent; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const protocol = options.agent instanceof TlsAgent ? 'https:' : 'http:';
    const asked = request(
      { protocol, host: '127.0.0.1', port, path, agent: false, ...options },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', reject);
        response.on('end', () => {
          const revision = response.headers['x-gateway-revision'];
          resolve({ status: response.statusCode ?? 0, text, revision: revision as string | undefined });
        });
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

const portOf = (gateway: Gateway): number => gateway.addresses.proxy?.port ?? 0;
/** The value of a metric that has no labels. */
function metric({ status }: Gateway, name: string): number {
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(metricText(status))?.[1]);
}

/** The revisions of several answers, each on a connection of its own and so on any worker. */
async function shown(gateway: Gateway, path: string): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(gateway), path)));
  return [...new Set(answers.map(({ status, revision }) => `${status} ${revision}`))];
}

/** Starts requests to `/slow` until every worker has one, and returns their answers to come. */
async function slowOnEveryWorker(gateway: Gateway): Promise<Promise<Answer>[]> {
  const answers: Promise<Answer>[] = [];
  // Which worker gets a connection is the kernel's choice: 40 all on one of two happens once in 500 billion.
  for (let i = 0; i < 40; i++) answers.push(ask(portOf(gateway), '/slow'));
  for (const answer of answers) answer.catch(() => {});
  await until(() => backend.waiting.length === answers.length);
  return answers;
}

describe('a gateway', () => {
  test('is ready as soon as it has started, and serves', async () => {
    const gateway = await start();
    expect(gateway.revision).toBe(1);
    expect(gateway.status.ready()).toEqual({ ready: true });
    expect(await ask(portOf(gateway), '/hello?x=1')).toEqual({ status: 200, text: 'GET /hello?x=1', revision: '1' });
  });

  test('serves several requests on one connection', async () => {
    const gateway = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i++) expect((await ask(portOf(gateway), `/${i}`, { agent })).text).toBe(`GET /${i}`);
    agent.destroy();
  });

  test.each(['auto', 'public'] as const)('serves several requests on one TLS connection (%s)', async (transport) => {
    const folder = certificateFolder();
    const { certFile, keyFile } = folder.make('gateway', ['gateway.example']);
    const gateway = await start(configOf([{}], { transport, tls: { port: 0, certificates: [{ certFile, keyFile }] } }));
    const agent = new TlsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const port = gateway.addresses.tls?.port ?? 0;
    for (let i = 0; i < 5; i++) expect((await ask(port, `/${i}`, { agent })).text).toBe(`GET /${i}`);
    expect(metric(gateway, 'api_gateway_active_connections')).toBe(1);
    agent.destroy();
    folder.remove();
  });

  test('applies a change on every worker by the time it says so', async () => {
    workers = 2;
    const gateway = await start();
    const result = await gateway.apply(configOf([{ methods: ['GET'] }]));
    expect(result).toEqual({ changed: true, revision: 2, restartNeeded: [] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(gateway), '/', { method: 'POST' })));
    expect(new Set(answers.map(({ status, revision }) => `${status} ${revision}`))).toEqual(new Set(['405 2']));
  });

  test('takes equal content for no change', async () => {
    const gateway = await start();
    expect(await gateway.apply(configOf())).toEqual({ changed: false, revision: 1, restartNeeded: [] });
    expect((await ask(portOf(gateway), '/')).revision).toBe('1');
  });

  test('names what takes effect only after a restart', async () => {
    const gateway = await start();
    const { restartNeeded } = await gateway.apply(
      configOf([{}], { workers: 2, accessLog: { sample: 1, format: 'common' } }),
    );
    expect(restartNeeded).toEqual(['proxy.workers', 'proxy.accessLog.format']);
  });

  test('takes out of service what cannot be compiled, and nothing else', async () => {
    const gateway = await start();
    const broken = configOf([{ pathPattern: '/good' }, { name: 'new' }]);
    // As a bug would have it: validation would never let this pass.
    const none = { addHeaders: {}, removeHeaders: [] };
    Object.assign(broken.routes[1] ?? {}, {
      transformations: { request: { ...none, rewritePath: 5 }, response: none },
    });
    const { revision } = await gateway.apply(broken);
    expect(await ask(portOf(gateway), '/good')).toMatchObject({ status: 200, revision: String(revision) });
    expect((await ask(portOf(gateway), '/other')).status).toBe(503);
    expect(gateway.status.faults()).toEqual([
      { routeId: 'new', isCandidate: false, reason: expect.any(String) as string },
    ]);
    expect(gateway.status.health()).toMatchObject({ status: 'degraded', faults: 1 });
    await gateway.apply(configOf([{}, { pathPattern: '/next' }]));
    expect(gateway.status.health()).toMatchObject({ status: 'healthy' });
  });

  test('shows a refusal in its health until a good configuration comes, even an equal one', async () => {
    const gateway = await start();
    gateway.refuse([
      { path: ['routes', 0, 'name'], message: 'is missing' },
      { path: [], message: 'and more' },
    ]);
    expect(gateway.status.health()).toMatchObject({
      status: 'degraded',
      lastRefusal: { message: 'routes[0].name: is missing (and 1 more)' },
    });
    expect(metric(gateway, 'api_gateway_config_refusals_total')).toBe(1);
    await gateway.apply(configOf());
    expect(gateway.status.health()).toMatchObject({ status: 'healthy' });
    expect(gateway.status.health()).not.toHaveProperty('lastRefusal');
  });
});

describe('a revision that is given', () => {
  const changed = (path: string) => configOf([{ pathPattern: path }]);

  test('is shown everywhere, whether it jumps ahead or goes back', async () => {
    const gateway = await start(configOf(), { revision: 41 });
    expect(await shown(gateway, '/')).toEqual(['200 41']);
    for (const [revision, path] of [
      [1_000_000, '/ahead'],
      [7, '/back'],
      [8, '/on'],
    ] as const) {
      expect(await gateway.apply(changed(path), { revision })).toMatchObject({ changed: true, revision });
      expect(await shown(gateway, path)).toEqual([`200 ${revision}`]);
      expect([gateway.revision, gateway.status.health().revision]).toEqual([revision, revision]);
      expect(metric(gateway, 'api_gateway_config_revision')).toBe(revision);
    }
  });

  test('is a new name for what runs when the content is equal', async () => {
    const gateway = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await ask(portOf(gateway), '/', { agent });
    expect(await gateway.apply(configOf(), { revision: 12 })).toMatchObject({ changed: false, revision: 12 });
    expect(await ask(portOf(gateway), '/', { agent })).toMatchObject({ status: 200, revision: '12' });
    expect(await shown(gateway, '/')).toEqual(['200 12']);
    agent.destroy();
  });

  test('is what a worker that replaces another shows', async () => {
    workers = 2;
    const gateway = await start(configOf(), { revision: 41 });
    await gateway.apply(configOf(), { revision: 12 });
    await crashWorker(0);
    await crashWorker(1);
    await until(() => gateway.status.health().workers.running === 2);
    expect(await shown(gateway, '/')).toEqual(['200 12']);
  });

  test('is where counting goes on when none is given', async () => {
    const gateway = await start(configOf(), { revision: 41 });
    expect((await gateway.apply(changed('/next'))).revision).toBe(42);
  });

  test('that goes back does not free what runs on an older configuration', async () => {
    const gateway = await start(configOf([{ name: 'slow', maxConcurrentRequests: 50 }]), { revision: 100 });
    const answers = await slowOnEveryWorker(gateway);
    for (const revision of [5, 6, 7]) await gateway.apply(changed(`/${revision}`), { revision });
    expect(metric(gateway, 'api_gateway_active_requests')).toBe(answers.length);
    for (const response of backend.waiting) response.end('late');
    const results = await Promise.all(answers);
    expect(new Set(results.map(({ text, revision }) => `${text} ${revision}`))).toEqual(new Set(['late 100']));
  });
});

describe('a change that is recorded first', () => {
  test('is live once it is, and not before', async () => {
    const gateway = await start(configOf([{ pathPattern: '/old' }]));
    let before: string[] = [];
    const revision = async (): Promise<number> => {
      before = [...(await shown(gateway, '/old')), ...(await shown(gateway, '/new'))];
      return 12;
    };
    expect(await gateway.apply(configOf([{ pathPattern: '/new' }]), { revision })).toMatchObject({ revision: 12 });
    expect(before).toEqual(['200 1', '404 1']);
    expect([...(await shown(gateway, '/old')), ...(await shown(gateway, '/new'))]).toEqual(['404 12', '200 12']);
  });

  test('leaves nothing behind when it cannot be', async () => {
    const gateway = await start(configOf([{ pathPattern: '/old' }]));
    const broken = configOf([{ pathPattern: '/new' }, { name: 'broken', pathPattern: '/broken' }]);
    const none = { addHeaders: {}, removeHeaders: [] };
    Object.assign(broken.routes[1] ?? {}, {
      transformations: { request: { ...none, rewritePath: 5 }, response: none },
    });
    const refused = gateway.apply(broken, { revision: () => Promise.reject(new Error('the disk is full')) });
    await expect(refused).rejects.toThrow('the disk is full');
    const all = async () => [...(await shown(gateway, '/old')), ...(await shown(gateway, '/new'))];
    expect(await all()).toEqual(['200 1', '404 1']);
    // Nothing of it goes along with the next change either.
    await gateway.apply(configOf([{ pathPattern: '/old' }, { name: 'other', pathPattern: '/other' }]), {
      revision: 13,
    });
    expect([...(await all()), ...(await shown(gateway, '/other'))]).toEqual(['200 13', '404 13', '200 13']);
    expect(await shown(gateway, '/broken')).toEqual(['404 13']);
    expect(gateway.status.faults()).toEqual([]);
  });

  test('is not recorded when it is refused', async () => {
    const gateway = await start();
    const revision = vi.fn<() => Promise<number>>();
    const certificates = [{ certFile: '/nowhere/a.crt', keyFile: '/nowhere/a.key' }];
    const refused = gateway.apply(configOf([{}], { tls: { port: 0, certificates } }), { revision });
    await expect(refused).rejects.toThrow('cannot be read');
    expect(revision).not.toHaveBeenCalled();
  });

  test('reaches workers that took the place of those that prepared it', async () => {
    workers = 2;
    const gateway = await start(
      configOf([
        { name: 'kept', pathPattern: '/kept' },
        { name: 'gone', pathPattern: '/old' },
      ]),
    );
    const revision = async (): Promise<number> => {
      await Promise.all([crashWorker(0), crashWorker(1)]);
      await until(() => gateway.status.health().workers.running === 2);
      return 12;
    };
    await gateway.apply(configOf([{ name: 'kept', pathPattern: '/new' }]), { revision });
    expect([...(await shown(gateway, '/old')), ...(await shown(gateway, '/new'))]).toEqual(['404 12', '200 12']);
  });

  test('does not go live when the gateway ends meanwhile', async () => {
    const gateway = await start();
    const revision = async (): Promise<number> => {
      void gateway.close({ drainMs: 0 });
      return 12;
    };
    await expect(gateway.apply(configOf([{ pathPattern: '/new' }]), { revision })).rejects.toThrow('shutting down');
  });
});

describe('a gateway that load balancers shall pass by', () => {
  test('says so on every port, serves what comes, and is ready again', async () => {
    workers = 2;
    const gateway = await start(configOf([{}], { health: true }));
    const port = portOf(gateway);
    const statuses = async (): Promise<number[]> =>
      (await Promise.all(['/ready', '/live', '/any'].map((path) => ask(port, path)))).map(({ status }) => status);
    gateway.standAside(true);
    expect(gateway.status.ready()).toEqual({ ready: false, reason: 'draining for a deployment' });
    expect(await statuses()).toEqual([503, 200, 200]);
    gateway.standAside(false);
    expect(gateway.status.ready()).toEqual({ ready: true });
    expect(await statuses()).toEqual([200, 200, 200]);
  });
});

describe('the status of a gateway', () => {
  test('count what each route did, by status, and name the routes that were busy', async () => {
    const gateway = await start(configOf([{ name: 'one', pathPattern: '/one' }, { name: 'two' }, { name: 'down' }]));
    const { status } = gateway;
    const port = portOf(gateway);
    expect(status.busyRoutes()).toEqual([]);
    for (let i = 0; i < 3; i++) await ask(port, '/one');
    // A request is in flight until all of it is counted.
    await until(() => status.statistics('one')?.requests === 3 && status.load().activeRequests === 0);
    const one = status.statistics('one');
    expect(one).toMatchObject({
      routeId: 'one',
      requests: 3,
      failures: 0,
      activeRequests: 0,
      byStatusClass: { '1xx': 0, '2xx': 3, '3xx': 0, '4xx': 0, '5xx': 0 },
    });
    for (const time of ['averageMs', 'p50', 'p95', 'p99'] as const) expect(one?.[time]).toBeGreaterThan(0);
    expect([one]).toMatchObject(status.busyRoutes());
    expect(status.busyRoutes()).toEqual([]);
    expect(status.statistics('down')).toMatchObject({ requests: 0, averageMs: 0, p99: 0 });
    expect(status.statistics('none')).toBeUndefined();
    await ask(port, '/other');
    await until(() => status.load().requestsTotal === 4);
    expect(status.busyRoutes().map(({ routeId }) => routeId)).toEqual(['down']);
  });

  test('count failures, and what is in flight', async () => {
    workers = 2;
    const gateway = await start(
      configOf([
        { name: 'down', pathPattern: '/down', backends: [{ name: 'a', url: 'http://127.0.0.1:1' }] },
        { name: 'up' },
      ]),
    );
    const { status } = gateway;
    const answers = await slowOnEveryWorker(gateway);
    expect((await ask(portOf(gateway), '/down')).status).toBe(502);
    // A request is in flight until all of it is counted.
    await until(() => status.load().requestsTotal === 1 && status.load().activeRequests === answers.length);
    expect(status.statistics('down')).toMatchObject({ failures: 1, byStatusClass: { '2xx': 0, '5xx': 1 } });
    expect(status.statistics('up')).toMatchObject({ requests: 0, activeRequests: answers.length });
    await until(() => status.load().activeConnections === answers.length);
    expect(status.load()).toMatchObject({ activeRequests: answers.length, requestsTotal: 1 });
    for (const response of backend.waiting) response.end('late');
    await Promise.all(answers);
    await until(() => status.load().activeRequests === 0);
  });

  test('tell how backends are, from checks and from traffic', async () => {
    const healthCheck = { endpoint: '/up', interval: '1h', unhealthyThreshold: 1 };
    // The first check comes after a random part of the interval: not before this test asks for one.
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const gateway = await start(
      configOf([
        {
          name: 'checked',
          backends: [
            { name: 'well', url: backend.url, healthCheck },
            { name: 'ill', url: 'http://127.0.0.1:1', healthCheck },
          ],
        },
        { name: 'used', pathPattern: '/used', circuitBreaker: {} },
        {
          name: 'failing',
          pathPattern: '/failing',
          backends: [{ name: 'a', url: 'http://127.0.0.1:2' }],
          ejection: { consecutiveFailures: 1 },
        },
      ]),
    );
    random.mockRestore();
    const seen = (): string[] =>
      [...gateway.status.backendHealth()].map(
        ({ backendName, status, ejected }) => `${backendName} ${status} ${ejected}`,
      );
    expect(seen()).toEqual(['well Unknown false', 'ill Unknown false', 'a Unknown false', 'a Unknown false']);
    expect([...gateway.status.unhealthyBackends()]).toEqual([]);

    const found = await gateway.checkHealth();
    expect(found).toEqual([
      { backendId: 'checked~well', result: { ok: true } },
      {
        backendId: 'checked~ill',
        result: { ok: false, reason: expect.stringContaining('ECONNREFUSED') as string },
      },
    ]);
    expect((await gateway.checkHealth(['checked~well'])).length).toBe(1);
    await ask(portOf(gateway), '/used');
    await ask(portOf(gateway), '/failing');
    await until(() => [...gateway.status.unhealthyBackends()].length === 2);
    expect(seen()).toEqual(['well Healthy false', 'ill Unhealthy false', 'a Healthy false', 'a Unhealthy true']);
    expect([...gateway.status.backendHealth()].map(({ breaker }) => breaker)).toEqual([
      undefined,
      undefined,
      'closed',
      undefined,
    ]);
  });
});

describe('opening', () => {
  test('comes before the doors, when the node is not ready yet', async () => {
    let said: unknown;
    const gateway = await start(configOf(), {
      opening: async ({ status, addresses }) => {
        const door = await ask(addresses.proxy?.port ?? 0, '/').catch((error: NodeJS.ErrnoException) => error.code);
        said = { ready: status.ready().ready, door };
      },
    });
    expect(said).toEqual({ ready: false, door: 'ECONNREFUSED' });
    expect(gateway.status.ready()).toEqual({ ready: true });
  });

  test('that fails lets nothing open', async () => {
    let port = 0;
    const opening = async ({ addresses }: Gateway): Promise<void> => {
      port = addresses.proxy?.port ?? 0;
      throw new Error('no management port');
    };
    await expect(start(configOf(), { opening })).rejects.toThrow('no management port');
    await expect(ask(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a worker that crashes', () => {
  beforeEach(() => {
    workers = 2;
  });

  test('is replaced while the others serve and the node stays ready', async () => {
    const gateway = await start();
    await crashWorker(0);
    expect(gateway.status.ready()).toEqual({ ready: true });
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(gateway), '/')));
    expect(new Set(meanwhile.map(({ status }) => status))).toEqual(new Set([200]));
    await until(() => gateway.status.health().workers.running === 2);
    expect(metric(gateway, 'api_gateway_worker_restarts_total')).toBe(1);
  });

  test('leaves no exchange and no connection in the counts', async () => {
    const gateway = await start();
    const answers = await slowOnEveryWorker(gateway);
    expect(metric(gateway, 'api_gateway_active_requests')).toBe(answers.length);
    await crashWorker(0);
    const left = metric(gateway, 'api_gateway_active_requests');
    expect(left).toBeLessThan(answers.length);
    expect(left).toBeGreaterThan(0);
    expect(metric(gateway, 'api_gateway_active_connections')).toBe(left);

    for (const response of backend.waiting) response.end('late');
    const results = await Promise.allSettled(answers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(left);
    await until(() => metric(gateway, 'api_gateway_active_connections') === 0);
    expect(metric(gateway, 'api_gateway_active_requests')).toBe(0);
  });

  test('is replaced by one that has what was applied last', async () => {
    const gateway = await start();
    await gateway.apply(configOf([{ methods: ['GET'] }]));
    await crashWorker(0);
    await crashWorker(1);
    await until(() => gateway.status.health().workers.running === 2);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(gateway), '/')));
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['2']));
  });

  test('does not keep a change from going live', async () => {
    const gateway = await start();
    const crashed = crashWorker(0);
    const applied = gateway.apply(configOf([{ methods: ['GET'] }]));
    await crashed;
    expect((await applied).revision).toBe(2);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(gateway), '/')));
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['2']));
  });

  test('and was replaced drains like the others', async () => {
    const gateway = await start();
    await crashWorker(0);
    await crashWorker(1);
    await until(() => gateway.status.health().workers.running === 2);
    const answers = await slowOnEveryWorker(gateway);
    const closed = gateway.close({ drainMs: 20_000 });
    // What has been told to drain refuses new connections.
    await until(() =>
      ask(portOf(gateway), '/').then(
        () => false,
        () => true,
      ),
    );
    for (const response of backend.waiting) response.end('late');
    const results = await Promise.all(answers);
    expect(new Set(results.map(({ text }) => text))).toEqual(new Set(['late']));
    await closed;
  });

  test('while the gateway ends does not keep it from ending', async () => {
    const gateway = await start();
    const answers = await slowOnEveryWorker(gateway);
    const closed = gateway.close({ drainMs: 20_000 });
    await Promise.all([crashWorker(0), crashWorker(1)]);
    await closed;
    expect(gateway.status.health().workers.running).toBe(0);
    const results = await Promise.allSettled(answers);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
  });
});

describe('closing', () => {
  test('lets what is under way finish, is not ready meanwhile, and accepts nothing new', async () => {
    workers = 2;
    const gateway = await start();
    const answers = await slowOnEveryWorker(gateway);
    const closed = gateway.close({ drainMs: 20_000 });
    expect(gateway.status.ready()).toEqual({ ready: false, reason: 'the gateway is shutting down' });
    await until(() =>
      ask(portOf(gateway), '/').then(
        () => false,
        () => true,
      ),
    );
    for (const response of backend.waiting) response.end('late');
    const results = await Promise.all(answers);
    expect(new Set(results.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 late']));
    await closed;
  });

  test('cuts off what does not finish in time', async () => {
    const gateway = await start();
    const answers = await slowOnEveryWorker(gateway);
    await gateway.close({ drainMs: 100 });
    const results = await Promise.allSettled(answers);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
  });

  test('twice is closing once, and nothing can be applied afterwards', async () => {
    const gateway = await start();
    const first = gateway.close({ drainMs: 0 });
    expect(gateway.close({ drainMs: 60_000 })).toBe(first);
    await expect(gateway.apply(configOf([{ methods: ['GET'] }]))).rejects.toThrow('shutting down');
    await first;
  });
});

describe('a port that is taken', () => {
  test('is told by its key', async () => {
    const gateway = await start();
    const port = portOf(gateway);
    const config = configOf();
    const taken = { name: 'PortTakenError', key: 'proxy.port', port, host: '127.0.0.1' };
    await expect(start({ ...config, proxy: { ...config.proxy, port } })).rejects.toMatchObject(taken);
    expect((await ask(port, '/')).status).toBe(200);
  });
});
