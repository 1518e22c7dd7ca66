/**
 * The commands of a usual guide to deploying and operating a gateway, with curl as an operator types them. They differ from those of
 * such a guide in three things: every request but the health has a token, the version of a canary is stored before it is named, and
 * the hosts are this machine.
 *
 * Left out are Docker and Kubernetes, since nothing of Sluice deploys by them yet; the environment variables, which
 * `docs/configuration.md` lists; and migrations, which run when Sluice starts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { curl } from './curl.ts';
import { tables } from './tables.ts';

const password = 'correct horse battery staple';
let sluice: Sluice;
let folder: string;
let backends: readonly HttpBackend[];
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-guide-'));
  const answer: HttpBackend['answer'] = (request, response) => response.end(JSON.stringify({ url: request.url }));
  backends = await Promise.all(['httpbin', 'second', 'next'].map((name) => startHttpBackend(name)));
  for (const backend of backends) backend.answer = answer;
  // The guide asks once where this looks again and again: no number of looks is too many.
  const config = { store: { url: 'memory:' }, access: { limitFactor: 0 } };
  sluice = await startSluice(config, { env: { SLUICE_ADMIN_PASSWORD: password } });
  const login = `curl -X POST $API/authentication/login -H "Content-Type: application/json"
    -d '{"username": "admin", "password": "${password}"}'`;
  token = (await json<{ token: string }>(login)).token;
});
afterAll(async () => {
  await sluice.stop();
  await Promise.all(backends.map((backend) => backend.close()));
  await rm(folder, { recursive: true });
});

function run(command: string): ReturnType<typeof curl> {
  const filled = command
    .replaceAll('$API', `http://127.0.0.1:${sluice.managementPort}/api/v1`)
    .replaceAll('$TOKEN', token)
    .replaceAll('http://localhost:8000', `http://127.0.0.1:${sluice.proxyPort}`)
    .replaceAll('http://localhost:5000', `http://127.0.0.1:${sluice.managementPort}`);
  return curl(filled, folder);
}

async function json<T>(command: string): Promise<T> {
  const { status, body } = await run(command);
  if (status >= 300) throw new Error(`${command}: ${status} ${body}`);
  return JSON.parse(body) as T;
}

/** Reads until the answer is what is waited for: nodes report every two seconds. */
async function reads<T>(path: string, isThere: (answer: T) => boolean): Promise<T> {
  return until(path, async () => {
    const answer = await json<T>(`curl -H "Authorization: Bearer $TOKEN" $API${path}`);
    return isThere(answer) ? answer : undefined;
  });
}

/** Waits until every worker of the gateway runs the latest revision. */
async function served(): Promise<void> {
  const { revision } = await json<{ revision: number }>('curl -H "Authorization: Bearer $TOKEN" $API/gateway/nodes');
  await sluice.waitForRevision(revision);
}

async function send(times: number, path: string): Promise<void> {
  const url = `http://127.0.0.1:${sluice.proxyPort}${path}`;
  const statuses = await Promise.all(Array.from({ length: times }, async () => (await fetch(url)).status));
  expect(new Set(statuses)).toEqual(new Set([200]));
}

test('a route is created, and proxies', async () => {
  const created = await json(`curl -X POST $API/gateway/routes \\
    -H "Content-Type: application/json" \\
    -H "Authorization: Bearer $TOKEN" \\
    -d '{
      "name": "test-route",
      "pathPattern": "/test/*",
      "backends": [
        {
          "name": "httpbin",
          "url": "${backends[0].url}"
        }
      ],
      "strategy": "RoundRobin"
    }'`);
  expect(created).toMatchObject({ routeId: 'test-route', version: '1.0', timeoutSeconds: 30, isEnabled: true });
  const route = await json<{ statistics: unknown }>(
    'curl -H "Authorization: Bearer $TOKEN" $API/gateway/routes/test-route',
  );
  expect(route.statistics).toEqual({ requests: 0, failures: 0, p50: 0, p95: 0, p99: 0 });
  await until('the route to serve', async () => (await run('curl http://localhost:8000/test/get')).status === 200);
  await served();
  expect((await run('curl http://localhost:8000/test/get')).body).toBe('{"url":"/test/get"}');
  type Counted = { statistics: { requests: number; p99: number } };
  expect(
    (await reads<Counted>('/gateway/routes/test-route', ({ statistics }) => statistics.requests > 0)).statistics.p99,
  ).toBeGreaterThan(0);
});

test('the ports of the guide serve the page of the API, the metrics and the health', async () => {
  expect((await run('curl -L http://localhost:5000/swagger')).body).toContain('swagger-ui');
  expect((await run('curl http://localhost:5000/metrics')).body).toContain('api_gateway_requests_total');
  expect((await run('curl -f $API/gateway/health')).status).toBe(200);
});

test('the content of every column of the tables is a field of the API', async () => {
  type Schema = { $ref?: string; properties?: Record<string, Schema> };
  const { components } = await json<{ components: { schemas: Record<string, Schema> } }>(
    'curl http://localhost:5000/openapi.json',
  );
  const resolved = (schema: Schema | undefined): Schema | undefined =>
    schema?.$ref === undefined ? schema : components.schemas[schema.$ref.replace(/.*\//, '')];
  for (const [table, columns] of Object.entries(tables)) {
    for (const [column, place] of Object.entries(columns)) {
      const [component, ...path] = place.split('.');
      const start: Schema | undefined = components.schemas[component];
      const field = path.reduce<Schema | undefined>((schema, name) => resolved(schema)?.properties?.[name], start);
      expect(field, `${table}.${column} at ${place}`).toBeDefined();
    }
  }
});

type Deployment = { deploymentId: string; status: string; rollbackReason?: string; currentPhaseIndex: number };

const routeOf = (name: string, backend: HttpBackend): string =>
  JSON.stringify({ name, pathPattern: `/${name}/**`, backends: [{ name: 'a', url: backend.url }] }, null, 2);

async function startCanary(version: string, backend: HttpBackend): Promise<string> {
  const route = routeOf('route-123', backend);
  await json(`curl -X POST $API/gateway/routes/route-123/versions -H "Authorization: Bearer $TOKEN"
    -d '{"configVersion": "${version}", "route": ${route}}'`);
  const { deploymentId } = await json<Deployment>(`curl -X POST $API/gateway/deployments \\
    -H "Authorization: Bearer $TOKEN" \\
    -d '{
      "routeId": "route-123",
      "configVersion": "${version}",
      "strategy": "Canary"
    }'`);
  await reads<Deployment>(`/gateway/deployments/${deploymentId}`, ({ currentPhaseIndex: at }) => at >= 0);
  return deploymentId;
}

test('runbook 1: a route is created, a canary of it is watched and promoted, and another one rolled back', async () => {
  await writeFile(join(folder, 'new-route.json'), `${routeOf('route-123', backends[0])}\n`);
  await json('curl -X POST $API/gateway/routes -H "Authorization: Bearer $TOKEN" -d @new-route.json');
  await until('the route to serve', async () => (await run('curl http://localhost:8000/route-123/x')).status === 200);
  await served();

  const promoted = await startCanary('2.0', backends[2]);
  await send(200, '/route-123/x');
  type Watched = { metrics: { phase: { canary: { requestCount: number } }; comparison: object } | null };
  const watched = await reads<Watched>(
    `/gateway/deployments/${promoted}/metrics`,
    ({ metrics }) => metrics !== null && metrics.phase.canary.requestCount > 0,
  );
  expect(watched.metrics?.comparison).toMatchObject({ shouldRollback: false });
  await until('the canary to be promoted to its end', async () => {
    await run(`curl -X POST $API/gateway/deployments/${promoted}/promote -H "Authorization: Bearer $TOKEN"`);
    const { status } = await json<Deployment>(
      `curl -H "Authorization: Bearer $TOKEN" $API/gateway/deployments/${promoted}`,
    );
    return status === 'Completed';
  });
  const route = await json('curl -H "Authorization: Bearer $TOKEN" $API/gateway/routes/route-123');
  expect(route).toMatchObject({ backends: [{ url: backends[2].url }] });

  const refused = await startCanary('3.0', backends[1]);
  const rolledBack = await json<Deployment>(
    `curl -X POST $API/gateway/deployments/${refused}/rollback -H "Authorization: Bearer $TOKEN"`,
  );
  expect(rolledBack).toMatchObject({ status: 'RolledBack', rollbackReason: 'no reason given' });
});

test('runbook 2: a failing backend is disabled, traffic goes to the others, and it is enabled again', async () => {
  const both = [backends[0], backends[1]].map(({ name, url }) => ({
    backendId: `backend-${name}`,
    name,
    url,
    weight: 7,
  }));
  for (const backend of both) {
    await json(`curl -X POST $API/gateway/backends -H "Authorization: Bearer $TOKEN" -d '${JSON.stringify(backend)}'`);
  }
  const uses = JSON.stringify(both.map(({ backendId }) => ({ backendId })));
  await json(`curl -X POST $API/gateway/routes -H "Authorization: Bearer $TOKEN"
    -d '{"name": "shared", "pathPattern": "/shared/*", "circuitBreaker": {}, "backends": ${uses}}'`);
  await until('the route to serve', async () => (await run('curl http://localhost:8000/shared/x')).status === 200);
  await reads<{ healthStatus: string }>(
    '/gateway/backends/backend-httpbin/health',
    (one) => one.healthStatus === 'Healthy',
  );

  const put = (isEnabled: boolean) =>
    json(
      `curl -X PUT $API/gateway/backends/backend-httpbin -H "Authorization: Bearer $TOKEN" -d '{"isEnabled": ${isEnabled}}'`,
    );
  const changed = { ...both[0], weight: 7 };
  expect(await put(false)).toMatchObject({ ...changed, isEnabled: false });
  type Nodes = { converged: boolean };
  await reads<Nodes>('/gateway/nodes', ({ converged }) => converged);
  const before = backends[0].requests;
  await send(20, '/shared/x');
  expect(backends[0].requests).toBe(before);
  type Metrics = {
    latency: Record<string, number>;
    circuitBreakers: object;
    backends: { busiest: { backendId: string; requests: number }[] };
    requests: number;
  };
  const metrics = await reads<Metrics>('/gateway/metrics', ({ backends: { busiest } }) =>
    busiest.some(({ backendId, requests }) => backendId === 'backend-second' && requests >= 20),
  );
  expect(metrics).toMatchObject({ circuitBreakers: { closed: 2, open: 0 }, requests: expect.any(Number) as number });
  expect(Object.keys(metrics.latency)).toEqual(['p50', 'p95', 'p99']);
  expect(metrics.latency['p99']).toBeGreaterThan(0);
  expect(await put(true)).toMatchObject({ ...changed, isEnabled: true });
});

test('a change with some fields of a route keeps the others as well', async () => {
  const changed = await json(`curl -X PUT $API/gateway/routes/shared -H "Authorization: Bearer $TOKEN"
    -d '{"strategy": "LeastConnections"}'`);
  expect(changed).toMatchObject({ pathPattern: '/shared/*', strategy: 'LeastConnections', circuitBreaker: {} });
});

test('troubleshooting: the open health counts routes, backends and connections', async () => {
  await until('a connection to be counted', async () => {
    // The client keeps a connection for a few seconds only.
    await run('curl http://localhost:8000/test/get');
    const health = await json<{ activeConnections: number }>('curl $API/gateway/health');
    return health.activeConnections > 0 ? health : undefined;
  });
  expect(await json('curl $API/gateway/health')).toMatchObject({
    routesConfigured: 3,
    backendsTotal: 4,
    backendsHealthy: 4,
  });
});
