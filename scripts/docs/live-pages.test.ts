import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openControlPlane } from '../../packages/control/src/index.ts';
import { withSplit } from '../../packages/gateway/src/compile/testing/splits.ts';
import type { GatewayConfigInput } from '../../packages/model/src/index.ts';
import { createLogger, metricText } from '../../packages/service/src/index.ts';
import { codesIn, fencedBlocks, readPage, root, tableBelow } from './testing/pages.ts';
import { runGateway } from './testing/running-gateway.ts';
import type { RunningGateway } from './testing/running-gateway.ts';

const routing = readPage('docs/routing.md');
const [example = ''] = fencedBlocks(routing, 'yaml');
const { routes } = parse(example) as { routes: NonNullable<GatewayConfigInput['routes']> };
/** Serves the requests of the path table, and gives the metrics a breaker and an unused route. */
const paths = { name: 'paths', hosts: ['paths.test'], circuitBreaker: {}, backends: [] };

/** The table of patterns as data, with a host for each. */
const patterns = [
  { pattern: '/users', matches: ['/users'], not: ['/users/', '/users/7', '/'] },
  { pattern: '/users/*', matches: ['/users/7'], not: ['/users', '/users/', '/users/7/x'] },
  { pattern: '/users/{id}', matches: ['/users/7'], not: ['/users', '/users/', '/users/7/x'] },
  { pattern: '/users/**', matches: ['/users', '/users/', '/users/7/x'], not: ['/usersx', '/'] },
  { pattern: '/**', matches: ['/', '/users/7'], not: [] },
].map((row, index) => ({ ...row, host: `pattern-${index}.test` }));
const patternRoutes = patterns.map(({ pattern, host }) => ({
  name: host,
  hosts: [host],
  pathPattern: pattern,
  backends: [],
}));

let running: RunningGateway;
beforeAll(async () => {
  running = await runGateway([...patternRoutes, ...routes, paths]);
});
afterAll(() => running.close());

describe('the table of requests in routing.md', () => {
  test.each(tableBelow(routing, '## An example'))('%s with %s is taken by %s', async (request, headers, taker) => {
    const { status, route } = await running.ask(`${codesIn(request ?? '')[0]} HTTP/1.1`, codesIn(headers ?? ''));
    expect(status === 200 ? route : String(status)).toBe(codesIn(taker ?? '')[0] ?? taker);
  });
});

describe('the table of paths in routing.md', () => {
  const rows = tableBelow(routing, '## Path normalisation').map((row) => row.map((cell) => codesIn(cell)[0] ?? cell));

  test.each(rows)('%s becomes %s', async (received, becomes) => {
    const { status, forwarded } = await running.ask(`GET ${received} HTTP/1.1`, ['Host: paths.test']);
    expect(forwarded ?? String(status)).toBe(becomes);
  });

  test('is read whole', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(([, becomes]) => becomes === '400').length).toBeGreaterThan(5);
  });
});

describe('the table of patterns in routing.md', () => {
  test('has the patterns that are tried here', () => {
    const documented = tableBelow(routing, '## Patterns').map(([pattern = '']) => codesIn(pattern)[0]);
    expect(documented).toEqual(patterns.map(({ pattern }) => pattern));
  });

  test.each(patterns)('$pattern matches $matches and not $not', async ({ host, matches, not }) => {
    const isTaken = async (path: string): Promise<boolean> =>
      (await running.ask(`GET ${path} HTTP/1.1`, [`Host: ${host}`])).route === host;
    const taken = await Promise.all([...matches, ...not].map(isTaken));
    expect(taken).toEqual([...matches.map(() => true), ...not.map(() => false)]);
  });
});

/** The names, types and labels in Prometheus text. */
function metricsIn(text: string): unknown[][] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => {
    const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(text);
    const labels = [...(sample?.[1] ?? '').matchAll(/([a-z_]+)="/g)].map(([, label]) => label);
    return [sample === null ? `${name} has no sample` : name, type, labels];
  });
}

/** The names, types and labels in the page. */
function metricsBelow(heading: string): unknown[] {
  const documented = tableBelow(readPage('docs/metrics.md'), heading);
  return documented.map(([name = '', type, labels = '']) => [codesIn(name)[0], type, codesIn(labels)]);
}

test('the tables of metrics that are always there have the names, types and labels that /metrics has, in its order', async () => {
  await running.ask('GET /nothing HTTP/1.1', ['Host: example.com']);
  const always = ['## Of traffic', '## Of the process', '## Of connections to backends'];
  const documented = always.flatMap(metricsBelow);
  expect(documented).toEqual(metricsIn(await running.metrics()));
});

test('the table of metrics while a deployment runs has those that are there then only', async () => {
  const config = running.configWith({});
  const before = metricsIn(await running.metrics());
  await running.gateway.apply(withSplit(config, config));
  try {
    const added = metricsIn(await running.metrics()).filter(([name]) => !before.some(([known]) => known === name));
    expect(metricsBelow('## While a deployment runs')).toEqual(added);
  } finally {
    await running.gateway.apply(config);
  }
});

test('the table of metrics of TLS has those that are there with certificates', async () => {
  const before = metricsIn(await running.metrics());
  const fixtures = join(root, 'packages/gateway/src/health/fixtures');
  const certificate = { certFile: join(fixtures, 'backend-cert.pem'), keyFile: join(fixtures, 'backend-key.pem') };
  await running.gateway.apply(running.configWith({ proxy: { tls: { port: 0, certificates: [certificate] } } }));
  const added = metricsIn(await running.metrics()).filter(([name]) => !before.some(([known]) => known === name));
  await running.gateway.apply(running.configWith({}));
  expect(metricsBelow('## Of TLS')).toEqual(added);
});

test('the table of metrics of policies has those that are there once a policy has counted', async () => {
  const before = metricsIn(await running.metrics());
  const authorization = { rule: 'request.method == "GET"' };
  const judged = { name: 'judged', hosts: ['judged.test'], authorization };
  await running.gateway.apply(
    running.configWith({ routes: [{ ...judged, backends: [{ name: 'a', url: 'http://127.0.0.1:1' }] }] }),
  );
  await running.ask('GET / HTTP/1.1', ['Host: judged.test']);
  const added = metricsIn(await running.metrics()).filter(([name]) => !before.some(([known]) => known === name));
  await running.gateway.apply(running.configWith({}));
  expect(metricsBelow('## Of policies')).toEqual(added.filter(([name]) => /_policy_/.test(String(name))));
});

test('the table of metrics of limits has those that are there once a limit has refused a request', async () => {
  const before = metricsIn(await running.metrics());
  // Not a FixedWindow, which could begin anew between the two requests.
  const rateLimit = { type: 'TokenBucket' as const, requests: 1, window: '24h' };
  const limited = { name: 'limited', hosts: ['limited.test'], rateLimit, adaptiveConcurrency: {} };
  await running.gateway.apply(
    running.configWith({ routes: [{ ...limited, backends: [{ name: 'a', url: 'http://127.0.0.1:1' }] }] }),
  );
  for (let i = 0; i < 2; i++) await running.ask('GET / HTTP/1.1', ['Host: limited.test']);
  const added = metricsIn(await running.metrics()).filter(([name]) => !before.some(([known]) => known === name));
  await running.gateway.apply(running.configWith({}));
  expect(metricsBelow('## Of limits')).toEqual(added.filter(([name]) => /_limit/.test(String(name))));
});

test('the table of metrics of the control plane has those that it writes', async () => {
  const config = running.configWith({ store: { url: 'memory:' } });
  const log = createLogger({ output: { write: () => true } });
  const plane = await openControlPlane({ config, log, version: '0.0.0' });
  try {
    expect(metricsBelow('## Of the control plane')).toEqual(metricsIn(metricText(plane.status)));
  } finally {
    await plane.close();
  }
});

test('the keys that need a restart are those that the gateway names', async () => {
  const page = readPage('docs/configuration.md');
  const documented = codesIn(page.slice(page.indexOf('<!-- restart keys -->'), page.indexOf('<!-- /restart keys -->')));
  const fixtures = join(root, 'packages/gateway/src/health/fixtures');
  const certificate = { certFile: join(fixtures, 'backend-cert.pem'), keyFile: join(fixtures, 'backend-key.pem') };
  const everythingElse = running.configWith({
    proxy: {
      host: '127.0.0.2',
      port: 1,
      workers: 2,
      exposeRevision: true,
      health: true,
      transport: 'public',
      http: false,
      tls: {
        port: 2,
        minVersion: 'TLSv1.3',
        profile: 'modern',
        ciphers: ['TLS_AES_128_GCM_SHA256'],
        certificates: [certificate],
      },
      trustedProxies: ['10.0.0.0/8'],
      allowUnderscoreHeaders: true,
      maxConnections: 1,
      maxConnectionsPerAddress: 1,
      maxConcurrentRequests: 1,
      limits: { maxHeadBytes: 2048, maxHeaders: 50, maxBodyBytes: 1, maxPipelineBytes: 2048 },
      timeouts: { head: '1s', keepAlive: '1s', clientIdle: '1s', drain: '1s', minBodyRate: 1 },
      retryBudget: 0.5,
      accessLog: { sample: 1, file: '/dev/null', template: '${path}', query: true },
    },
    management: {
      host: '127.0.0.2',
      port: 3,
      tls: { certFile: certificate.certFile, keyFile: certificate.keyFile },
      corsOrigins: ['https://admin.example.com'],
    },
    role: 'control',
    store: { url: 'memory:' },
    redis: { url: 'redis://127.0.0.1:1' },
    access: { tokenLifetime: '1m' },
    history: { revisions: 10 },
    deployments: { approvalFor: [] },
    node: { name: 'another' },
    tracing: {},
    metrics: { exemplars: false },
  });
  const { restartNeeded } = await running.gateway.apply(everythingElse);
  expect(documented.toSorted()).toEqual([...restartNeeded].toSorted());
});
