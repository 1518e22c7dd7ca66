import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { crashWorker } from './testing/crash-worker.ts';
import { withSplit } from '../compile/testing/splits.ts';
import type { SplitInput } from '../compile/testing/splits.ts';
import { createChooseVersion } from '../version/choose-version.ts';
import { requestHead } from '../http1/testing/parsed-head.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

/** Waits for a condition; how long that takes decides nothing. */
const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

type Version = 'stable' | 'candidate';

/** A backend that says which version it is, and whose answers to some paths the test decides. */
interface Backend {
  readonly url: string;
  readonly waiting: ServerResponse[];
  readonly headers: IncomingHttpHeaders[];
  close(): void;
}

let backends: Record<Version, Backend>;
let gateways: Gateway[];
/** Of each gateway: two where workers could differ. */
let workers: number;
beforeEach(async () => {
  workers = 1;
  backends = { stable: await startBackend('stable'), candidate: await startBackend('candidate') };
  gateways = [];
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close({ drainMs: 0 })));
  for (const backend of Object.values(backends)) backend.close();
});

async function startBackend(version: Version): Promise<Backend> {
  const waiting: ServerResponse[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server: Server = createServer((incoming, response) => {
    headers.push(incoming.headers);
    const [, kind, number] = /^\/(status|slow|cut|hold)\/?(\d*)/.exec(incoming.url ?? '') ?? [];
    if (kind === 'slow') waiting.push(response);
    else if (kind === 'cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('only a part', () => response.destroy());
    } else if (kind === 'hold') {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write('the beginning');
      waiting.push(response);
    } else {
      response.statusCode = kind === 'status' ? Number(number) : 200;
      response.end(version);
    }
  });
  server.on('upgrade', (_incoming, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('data', (bytes: Buffer) => socket.write(`${version}:${bytes.toString()}`));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting,
    headers,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type RouteInput = Partial<NonNullable<GatewayConfigInput['routes']>[number]>;

/** The configuration of one version. */
function versionOf(version: Version, route: RouteInput = {}, proxy: GatewayConfigInput['proxy'] = {}): GatewayConfig {
  const parsed = parseConfig({
    proxy: { port: 0, workers, exposeRevision: true, accessLog: { failures: false }, ...proxy },
    management: { port: 0 },
    routes: [
      { name: 'one', pathPattern: '/**', backends: [{ name: 'a', url: backends[version].url }], version, ...route },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const split = (input: SplitInput = {}, route: RouteInput = {}, proxy: GatewayConfigInput['proxy'] = {}) =>
  withSplit(versionOf('stable', {}, proxy), versionOf('candidate', route, proxy), input);

async function start(config: GatewayConfig): Promise<Gateway> {
  const log = createLogger({ output: { write: () => true } });
  const gateway = await startGateway({ config, log, version: '1.2.3' });
  gateways.push(gateway);
  return gateway;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

interface Asked {
  readonly agent?: Agent;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly body?: string;
}

/** One request, on a connection of its own unless an agent is given. */
function ask(gateway: Gateway, path: string, { body, ...options }: Asked = {}): Promise<Answer> {
  const port = gateway.addresses.proxy?.port ?? 0;
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** The one split that runs. */
function statusOf({ status }: Gateway) {
  const [found] = status.splits();
  if (found === undefined) throw new Error('no split runs');
  return found;
}

/** Waits until both versions together have counted this many exchanges and none is in flight, and gives what they counted. */
async function countsAfter(gateway: Gateway, exchanges: number) {
  const all = () => {
    const { stable, candidate } = statusOf(gateway);
    return [stable, candidate].reduce((sum, { requests, aborted, rejected }) => sum + requests + aborted + rejected, 0);
  };
  // An exchange is in flight until all of it is counted.
  const isQuiet = (): boolean => {
    const { stable, candidate } = statusOf(gateway);
    return stable.inFlight === 0 && candidate.inFlight === 0;
  };
  await until(() => all() >= exchanges && isQuiet());
  expect(all()).toBe(exchanges);
  return statusOf(gateway);
}

/** Asks without a pause on several connections, each of another user, until it is stopped. */
function createLoad(gateway: Gateway, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const wrong: string[] = [];
  let seen = { stable: 0, candidate: 0 };
  let [asked, answered, stopped] = [0, 0, false];
  const askOn = async (): Promise<void> => {
    while (!stopped) {
      // An answer belongs to the time at which it was asked for.
      const counts = seen;
      const user = `user-${asked++ % 500}`;
      const { status, text, headers } = await ask(gateway, '/', { agent, headers: { 'X-User': user } }).catch(
        (error: unknown): Answer => ({ status: 0, text: String(error), headers: {} }),
      );
      const version = headers['x-gateway-version'];
      const isSplitAnswer = version === text || version === undefined;
      answered++;
      if (status !== 200 || !isSplitAnswer || (text !== 'stable' && text !== 'candidate'))
        wrong.push(`${status} ${text}`);
      else counts[text]++;
    }
  };
  const running = Array.from({ length: connections }, askOn);
  return {
    wrong,
    /** Resolves with what those got that asked after this call, when this many more requests were answered. */
    async more(count: number): Promise<Readonly<Record<Version, number>>> {
      const counts = { stable: 0, candidate: 0 };
      seen = counts;
      const goal = answered + count;
      await until(() => answered >= goal);
      // What is answered from now on may have been asked after the next change.
      return { ...counts };
    },
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all(running);
      agent.destroy();
    },
  };
}

describe('a deployment under load', () => {
  beforeEach(() => {
    workers = 2;
  });

  test('from 0 to 100 percent and completed: no answer is wrong, no connection breaks', async () => {
    const gateway = await start(versionOf('stable'));
    const load = createLoad(gateway, 8);
    await load.more(100);
    const got: Readonly<Record<Version, number>>[] = [];
    let epoch = 0;
    for (const percentage of [0, 1, 10, 50, 100]) {
      await gateway.apply(split({ percentage, epoch: ++epoch }));
      got.push(await load.more(300));
    }
    await gateway.apply(versionOf('candidate'));
    got.push(await load.more(300));
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(got[0].candidate).toBe(0);
    expect(Object.values(got[3]).every((count) => count > 0)).toBe(true);
    // Everybody has the candidate at 100 percent: completing it takes nobody back.
    expect(got.slice(4).map(({ stable }) => stable)).toEqual([0, 0]);
    expect(gateway.status.splits()).toEqual([]);
  });

  test('that is rolled back leaves nobody on the candidate', async () => {
    const gateway = await start(versionOf('stable'));
    const load = createLoad(gateway, 8);
    await gateway.apply(split({ percentage: 50 }));
    const before = await load.more(300);
    await gateway.apply(versionOf('stable'));
    const after = await load.more(500);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(before.candidate).toBeGreaterThan(0);
    expect(after.candidate).toBe(0);
  });

  test('whose share changes 200 times answers everything right', async () => {
    const gateway = await start(versionOf('stable'));
    const load = createLoad(gateway, 8);
    for (let epoch = 1; epoch <= 200; epoch++) {
      await gateway.apply(epoch % 10 === 0 ? versionOf('stable') : split({ percentage: (epoch * 37) % 101, epoch }));
    }
    await load.more(100);
    await load.stop();
    expect(load.wrong).toEqual([]);
  });
});

describe('a user', () => {
  beforeEach(() => {
    workers = 2;
  });

  const sticky = { by: 'header', name: 'X-User' } as const;
  const names = Array.from({ length: 400 }, (_, index) => `user-${index}`);

  /** The version that each user gets. */
  async function versionsOf(gateway: Gateway): Promise<string[]> {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const answers = await Promise.all(names.map((name) => ask(gateway, '/', { agent, headers: { 'X-User': name } })));
    agent.destroy();
    return answers.map(({ text }) => text);
  }

  test('gets the version that the choice says, on every worker, and keeps the candidate while its share grows', async () => {
    const gateway = await start(split({ percentage: 0, sticky }));
    let before = names.map(() => 'stable');
    let epoch = 0;
    for (const percentage of [1, 10, 50, 100]) {
      const config = split({ percentage, sticky, epoch: ++epoch });
      await gateway.apply(config);
      const settings = config.routes[0].split;
      if (settings === undefined) throw new Error('the route has no split');
      const choose = createChooseVersion(settings);
      const expected = names.map((name) =>
        choose({
          head: requestHead('GET / HTTP/1.1', 'Host: a', `X-User: ${name}`),
          clientAddress: '',
          newUser: undefined,
          finding: undefined,
        }),
      );
      const versions = await versionsOf(gateway);
      expect(versions).toEqual(expected);
      expect(versions.filter((version, index) => version === 'stable' && before[index] === 'candidate')).toEqual([]);
      before = versions;
    }
  });

  test('has the same version after a restart of the gateway, and of a worker', async () => {
    const config = split({ percentage: 50, sticky });
    const first = await start(config);
    const versions = await versionsOf(first);
    expect(new Set(versions).size).toBe(2);
    await crashWorker(0);
    await until(() => first.status.health().workers.running === 2);
    expect(await versionsOf(first)).toEqual(versions);
    await first.close({ drainMs: 0 });
    expect(await versionsOf(await start(config))).toEqual(versions);
  });

  test('without the cookie gets it once, and stays where it says', async () => {
    const gateway = await start(split({ percentage: 50, sticky: { by: 'cookie', name: 'who' } }));
    for (let i = 0; i < 20; i++) {
      const first = await ask(gateway, '/');
      const [cookie = ''] = first.headers['set-cookie'] ?? [];
      expect(cookie).toMatch(/^who=[\w-]{20}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
      const again = await ask(gateway, '/', { headers: { Cookie: cookie.split(';')[0] } });
      expect(again.text).toBe(first.text);
      expect(again.headers['set-cookie']).toBeUndefined();
    }
  });

  test('gets a Secure cookie when a trusted proxy says that it came over TLS', async () => {
    const divided = split({ percentage: 50, sticky: { by: 'cookie', name: 'who' } });
    const { proxy } = divided;
    const gateway = await start({ ...divided, proxy: { ...proxy, trustedProxies: ['127.0.0.1'] } });
    const told = { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'https' };
    expect((await ask(gateway, '/', { headers: told })).headers['set-cookie']?.[0]).toMatch(/; Secure$/);
    expect((await ask(gateway, '/')).headers['set-cookie']?.[0]).not.toMatch(/Secure/);
  });

  test('who is a tester has the candidate at 0 percent', async () => {
    const gateway = await start(split({ percentage: 0, testers: [{ header: 'X-Canary', value: '1' }] }));
    expect((await ask(gateway, '/', { headers: { 'X-Canary': '1' } })).text).toBe('candidate');
    expect((await ask(gateway, '/')).text).toBe('stable');
    const { stable, candidate } = await countsAfter(gateway, 2);
    expect([stable.requests, candidate.requests]).toEqual([1, 1]);
  });
});

describe('what is counted for the candidate', () => {
  const all = { percentage: 100 };

  test.each<[string, object, object, string]>([
    ['an answer', {}, { requests: 1, failures: 0, clientErrors: 0 }, '/'],
    ['a status of 500', {}, { requests: 1, failures: 1, clientErrors: 0 }, '/status/500'],
    ['a status of 404', {}, { requests: 1, failures: 0, clientErrors: 1 }, '/status/404'],
    ['an answer that is cut off', {}, { requests: 1, failures: 1 }, '/cut'],
    [
      'a backend that cannot be reached',
      { backends: [{ name: 'a', url: 'http://127.0.0.1:1' }] },
      { requests: 1, failures: 1 },
      '/',
    ],
    [
      'no backend to use',
      { backends: [{ name: 'a', url: 'http://127.0.0.1:1', isEnabled: false }] },
      { requests: 1, failures: 1 },
      '/',
    ],
    ['no answer in time', { timeoutSeconds: 1 }, { requests: 1, failures: 1 }, '/slow'],
  ])('%s', async (_, route, expected, path) => {
    const gateway = await start(split(all, route));
    await ask(gateway, path).catch(() => {});
    const { stable, candidate } = await countsAfter(gateway, 1);
    expect(candidate).toMatchObject({ aborted: 0, rejected: 0, ...expected });
    expect(candidate.latencies.reduce((sum, [, count]) => sum + count, 0)).toBe(1);
    const none = { requests: 0, failures: 0, clientErrors: 0, aborted: 0, rejected: 0, ownAnswers: 0, inFlight: 0 };
    expect(stable).toEqual({ ...none, latencies: [] });
  });

  test('a body that is too large for it is turned away', async () => {
    const gateway = await start(split(all, { maxBodyBytes: 3 }));
    expect((await ask(gateway, '/', { method: 'POST', body: 'four' })).status).toBe(413);
    expect((await countsAfter(gateway, 1)).candidate).toMatchObject({ requests: 0, failures: 0, rejected: 1 });
  });

  test('its limit of requests in flight turns away', async () => {
    const gateway = await start(split(all, { maxConcurrentRequests: 1 }));
    const slow = ask(gateway, '/slow');
    await until(() => backends.candidate.waiting.length === 1);
    expect(gateway.status.splits()[0].candidate).toMatchObject({ requests: 0, inFlight: 1 });
    expect((await ask(gateway, '/')).status).toBe(503);
    backends.candidate.waiting[0].end('at last');
    expect((await slow).text).toBe('at last');
    expect((await countsAfter(gateway, 2)).candidate).toMatchObject({ requests: 1, failures: 0, rejected: 1 });
  });

  test.each(['/slow', '/hold'])('a client that leaves %s early is nobody’s failure', async (path) => {
    const gateway = await start(split(all));
    const port = gateway.addresses.proxy?.port ?? 0;
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => backends.candidate.waiting.length === 1);
    if (path === '/hold') await once(socket, 'data');
    socket.destroy();
    expect((await countsAfter(gateway, 1)).candidate).toMatchObject({ requests: 0, failures: 0, aborted: 1 });
  });

  test('begins at zero with each epoch, and the totals of the route go on', async () => {
    const gateway = await start(split({ percentage: 100, epoch: 1 }));
    await ask(gateway, '/');
    expect((await countsAfter(gateway, 1)).epoch).toBe(1);
    await gateway.apply(split({ percentage: 50, epoch: 2 }));
    expect(statusOf(gateway)).toMatchObject({ epoch: 2, stable: { requests: 0 }, candidate: { requests: 0 } });
    expect(gateway.status.statistics('one')?.requests).toBe(1);
  });

  test('goes on through a swap that does not concern it', async () => {
    const gateway = await start(split(all));
    await ask(gateway, '/');
    await countsAfter(gateway, 1);
    await gateway.apply(split(all, {}, { exposeRevision: false }));
    await ask(gateway, '/');
    expect((await countsAfter(gateway, 2)).candidate.requests).toBe(2);
  });
});

describe('what runs on a version that ends', () => {
  test('ends there: a slow answer, whose place is not counted for another epoch', async () => {
    const gateway = await start(split({ percentage: 100, epoch: 1 }));
    const slow = ask(gateway, '/slow');
    await until(() => backends.candidate.waiting.length === 1);
    for (let epoch = 2; epoch < 50; epoch++) await gateway.apply(split({ percentage: epoch % 2, epoch }));
    backends.candidate.waiting[0].end('the old candidate');
    expect((await slow).text).toBe('the old candidate');
    // Counted before the answer was complete, and for its own epoch.
    expect(statusOf(gateway)).toMatchObject({ epoch: 49, stable: { requests: 0 }, candidate: { requests: 0 } });
  });

  test('a WebSocket goes on after a rollback', async () => {
    const gateway = await start(split({ percentage: 100 }));
    const socket = connect(gateway.addresses.proxy?.port ?? 0, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`);
    await until(() => text.includes('\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1\.1 101 [^]*X-Gateway-Version: candidate\r\n/);
    expect((await countsAfter(gateway, 1)).candidate).toMatchObject({ requests: 1, failures: 0 });
    await gateway.apply(versionOf('stable'));
    await gateway.apply(split({ deploymentId: 'd-2', percentage: 0 }));
    socket.write('hello');
    await until(() => text.endsWith('candidate:hello'));
    socket.destroy();
  });
});

describe('the access log', () => {
  test('names version and deployment while there are two versions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'split-'));
    const accessLog = { file: join(folder, 'access.log'), sample: 1 };
    const gateway = await start(versionOf('stable', {}, { accessLog }));
    await ask(gateway, '/before');
    await gateway.apply(split({ percentage: 0, testers: [{ header: 'X-Canary', value: '1' }] }, {}, { accessLog }));
    await ask(gateway, '/stable');
    await ask(gateway, '/candidate', { headers: { 'X-Canary': '1' } });
    // Whole lines only: what follows the last line break is nothing, or the beginning of a line.
    const lines = async () => (await readFile(accessLog.file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    await until(async () => (await lines()).length === 3);
    const entries = (await lines()).map((line) => JSON.parse(line) as Record<string, unknown>);
    const told = entries.map(({ path, version, deployment }) => [path, [version, deployment]]);
    expect(Object.fromEntries(told)).toEqual({
      '/before': [undefined, undefined],
      '/stable': ['stable', 'd-1'],
      '/candidate': ['candidate', 'd-1'],
    });
    await rm(folder, { recursive: true });
  });
});

describe('a request of the gateway itself', () => {
  const warm = { probeToken: 'sixteen-letters-or-more' };

  test('goes to the candidate, is not counted for it, and takes the token no further', async () => {
    const gateway = await start(split({ percentage: 0, warm }));
    const probe = { 'Sluice-Probe': warm.probeToken };
    expect((await ask(gateway, '/', { headers: probe })).text).toBe('candidate');
    expect((await ask(gateway, '/', { headers: { 'Sluice-Probe': 'a guess' } })).text).toBe('stable');
    const { stable, candidate } = await countsAfter(gateway, 1);
    expect([stable.requests, candidate.requests]).toEqual([1, 0]);
    const received = [...backends.stable.headers, ...backends.candidate.headers];
    expect(received.map((headers) => headers['sluice-probe'])).toEqual([undefined, undefined]);
  });
});

describe('metrics', () => {
  test('name both versions since a deployment ran, and none before', async () => {
    const gateway = await start(versionOf('stable'));
    expect(metricText(gateway.status)).not.toContain('_version_');
    await gateway.apply(split({ percentage: 100 }));
    await ask(gateway, '/');
    await ask(gateway, '/status/500');
    await countsAfter(gateway, 2);
    const lines = metricText(gateway.status).split('\n');
    expect(lines).toContain('api_gateway_split_percentage{route="one"} 100');
    expect(lines).toContain('api_gateway_version_requests_total{route="one",version="stable"} 0');
    expect(lines).toContain('api_gateway_version_requests_total{route="one",version="candidate"} 2');
    expect(lines).toContain('api_gateway_version_failures_total{route="one",version="candidate"} 1');
    expect(lines).toContain('api_gateway_version_request_duration_seconds_count{route="one",version="candidate"} 2');
    // Both versions have a backend of this name: their requests are one series.
    expect(lines.filter((line) => line.startsWith('api_gateway_requests_failed_total{'))).toEqual([
      'api_gateway_requests_failed_total{route="one",backend="a"} 1',
    ]);
  });

  test('go on from where they were when a share changes, and when a route of the same name is back', async () => {
    const gateway = await start(versionOf('stable'));
    const answered = [
      'api_gateway_requests_total{route="one",backend="a",method="GET",status="200"}',
      'api_gateway_request_duration_seconds_count{route="one"}',
    ];
    const versions = [
      'api_gateway_version_requests_total{route="one",version="candidate"}',
      'api_gateway_version_request_duration_seconds_bucket{route="one",version="candidate",le="+Inf"}',
    ];
    const valuesOf = (names: readonly string[]) => {
      const lines = metricText(gateway.status).split('\n');
      return names.map((name) => lines.find((line) => line.startsWith(name))?.slice(name.length));
    };
    for (const epoch of [1, 2, 3]) {
      await gateway.apply(split({ percentage: 100, epoch }));
      await ask(gateway, '/');
      await countsAfter(gateway, 1);
    }
    expect(valuesOf([...answered, ...versions])).toEqual([' 3', ' 3', ' 3', ' 3']);
    // Each change gives others the places that were given up before it.
    for (const name of ['two', 'three', 'four']) {
      await gateway.apply(versionOf('stable', { name }));
      expect(valuesOf([...answered, ...versions])).toEqual([' 3', ' 3', ' 3', ' 3']);
    }
    await gateway.apply(versionOf('stable'));
    await ask(gateway, '/');
    await until(() => valuesOf(answered).every((value) => value === ' 4'));
    expect(valuesOf(versions)).toEqual([' 3', ' 3']);
  });
});

describe('a candidate', () => {
  test('has its backends checked as soon as there is a split', async () => {
    const backend = { name: 'a', url: backends.candidate.url, healthCheck: { endpoint: '/up', interval: '1s' } };
    const gateway = await start(versionOf('stable'));
    await gateway.apply(split({ percentage: 0 }, { backends: [backend] }));
    // Nobody else asks for anything.
    await until(() => backends.candidate.headers.length > 0);
    await until(() => statusOf(gateway).ready);
    expect(statusOf(gateway).problems).toEqual([]);
  });

  test('with a file that is not there gets nothing, and the stable version serves on', async () => {
    const gateway = await start(versionOf('stable'));
    const tls = { caFile: '/nowhere/ca.pem' };
    await gateway.apply(split({ percentage: 0 }, { backends: [{ name: 'a', url: 'https://127.0.0.1:1', tls }] }));
    expect(gateway.status.faults()).toMatchObject([{ backend: 'a', isCandidate: true }]);
    expect(statusOf(gateway).ready).toBe(false);
    expect((await ask(gateway, '/')).text).toBe('stable');
  });
});
