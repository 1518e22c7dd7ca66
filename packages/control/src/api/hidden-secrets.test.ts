import { afterEach, beforeEach, expect, test } from 'vitest';
import { routeVersions } from '../configuration/index.ts';
import { startApi } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const base = '/api/v1/gateway';
const secret = 'SECRET-7f3a';
const route = {
  name: 'a',
  version: '1.0',
  headers: { 'x-tenant': 'one' },
  transformations: { request: { addHeaders: { Authorization: `Bearer ${secret}`, 'X-Tenant': 'one' } } },
  backends: [
    {
      name: 'one',
      url: 'http://10.0.0.1:80',
      healthCheck: {
        endpoint: `/health?deep=1&token=${secret}`,
        headers: { 'X-Api-Key': secret, Cookie: `s=${secret}` },
      },
    },
  ],
};
const shared = {
  name: 'shared',
  url: 'http://10.0.0.9:80',
  healthCheck: { headers: { 'Proxy-Authorization': secret } },
};

let started: StartedApi;
let admin: string;
beforeEach(async () => {
  started = await startApi();
  admin = await started.token('Admin');
  for (const [path, body] of [
    ['backends', shared],
    ['routes', route],
    ['routes/a/versions', { configVersion: '2', route: { ...route, version: '2' } }],
    ['routes/a/versions', { configVersion: '3', route: { ...route, version: '3', headers: { 'x-tenant': 'one' } } }],
  ] as const) {
    const { status } = await send('POST', path, body);
    if (status !== 201) throw new Error(`${path} was answered with ${status}`);
  }
});
afterEach(() => started.close());

const send = (method: string, path: string, body?: object, token = admin) =>
  started.send(method, `${base}/${path}`, { token, body, headers: { 'content-type': 'application/json' } });
const read = async (path: string) => (await (await send('GET', path)).json()) as Record<string, unknown>;
const stored = () => started.configuration.route('a')?.document;

test('no answer shows a secret of a route or a backend to anybody, dry runs and the audit log included', async () => {
  const deployment = {
    routeId: 'a',
    configVersion: '2',
    strategy: 'BlueGreen',
    environment: 'Development',
    blueGreen: { smoke: [{ path: `/x?api_key=${secret}`, headers: { Authorization: secret } }] },
    gates: [{ type: 'http', name: 'g', url: `https://10.0.0.1/x?sig=${secret}&q=1` }],
  };
  const created = await send('POST', 'deployments', deployment);
  const { deploymentId } = (await created.clone().json()) as { deploymentId: string };
  const answers = [created];
  for (const path of [
    'routes',
    'routes/a',
    'routes/a/versions',
    'backends',
    'backends/shared',
    'backends/a~one',
    'configuration',
    'revisions',
    'revisions/1',
    'revisions/2',
    'revisions/0/diff',
    'deployments',
    `deployments/${deploymentId}`,
    'nodes',
    'audit-logs',
  ]) {
    const answer = await send('GET', path);
    expect(answer.status, path).toBe(200);
    answers.push(answer);
  }
  answers.push(
    await send('POST', 'routes?dryRun=true', { ...route, name: 'b' }),
    await send('POST', 'configuration/diff', { configuration: { routes: [{ ...route, name: 'c' }] }, prune: true }),
    await send('POST', 'configuration/apply?dryRun=true', { configuration: { routes: [{ ...route, name: 'c' }] } }),
  );
  for (const answer of answers) expect(await answer.text()).not.toContain(secret);
});

test('a reference to a secret is what is kept and shown; one that leads elsewhere is refused', async () => {
  const addHeaders = { Authorization: 'Bearer ${secret:shop/token}' };
  const referring = {
    ...route,
    transformations: { request: { addHeaders }, response: { addHeaders } },
    backends: [{ ...route.backends[0], healthCheck: { headers: addHeaders } }],
  };
  expect((await send('PUT', 'routes/a', referring)).status).toBe(200);
  const shown = await read('routes/a');
  expect(shown).toMatchObject({
    transformations: referring.transformations,
    backends: [{ healthCheck: { headers: addHeaders } }],
  });
  const outside = { Authorization: '${secret:../token}' };
  for (const change of [
    { transformations: { request: { addHeaders: outside } } },
    { transformations: { response: { addHeaders: outside } } },
    { backends: [{ name: 'one', url: 'http://10.0.0.1:80', healthCheck: { headers: outside } }] },
  ]) {
    const refused = await send('PUT', 'routes/a', { ...route, ...change });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('node.filesFolder');
  }
});

test('what was read and is sent back keeps its secrets: PUT, apply, version and deployment', async () => {
  const before = stored();
  const shown = await read('routes/a');
  expect(shown).toMatchObject({
    transformations: { request: { addHeaders: { Authorization: '[hidden]', 'X-Tenant': 'one' } } },
  });
  expect((await send('PUT', 'routes/a', { ...shown, timeoutSeconds: 7 })).status).toBe(200);
  expect(stored()).toEqual({ ...before, timeoutSeconds: 7 });
  const { configuration } = (await read('configuration')) as {
    configuration: { routes: object[]; backends: object[] };
  };
  const edited = { ...configuration, routes: configuration.routes.map((one) => ({ ...one, timeoutSeconds: 8 })) };
  expect((await send('POST', 'configuration/apply', { configuration: edited, prune: true })).status).toBe(200);
  expect(stored()).toEqual({ ...before, timeoutSeconds: 8 });
  expect(JSON.stringify(started.configuration.backend('shared')?.document)).toContain(secret);
  const version = { configVersion: '4', route: { ...configuration.routes[0], version: '4' } };
  expect((await send('POST', 'routes/a/versions', version)).status).toBe(201);
  const kept = await started.store.find(routeVersions, {
    where: { routeId: 'a' },
    limit: 10,
  });
  expect(JSON.stringify(kept)).not.toContain('[hidden]');
  const deploy = {
    routeId: 'a',
    strategy: 'Direct',
    environment: 'Development',
    route: { ...configuration.routes[0], version: '5' },
  };
  expect((await send('POST', 'deployments', deploy)).status).toBe(201);
  expect(JSON.stringify(stored())).toContain(`Bearer ${secret}`);
  expect(JSON.stringify(await started.configuration.export())).not.toContain('hidden');
});

test('what stands for a secret is refused where none is kept', async () => {
  const shown = await read('routes/a');
  const { routeId: _routeId, ...copy } = shown;
  const answer = await send('POST', 'routes', { ...copy, name: 'copy' });
  expect(answer.status).toBe(400);
  const { error } = (await answer.json()) as { error: { details: { path: string; message: string }[] } };
  expect(error.details.map(({ path }) => path).toSorted()).toEqual([
    'backends[0].healthCheck.endpoint',
    'backends[0].healthCheck.headers.Cookie',
    'backends[0].healthCheck.headers.X-Api-Key',
    'transformations.request.addHeaders.Authorization',
  ]);
  expect(error.details[0].message).toContain('write the value');
});

test('a changed secret is seen to change, and is not shown', async () => {
  const transformations = { request: { addHeaders: { Authorization: `Bearer ${secret}-2` } } };
  await send('PUT', 'routes/a', { transformations });
  const { changes } = (await read(`revisions/${started.configuration.revision}`)) as { changes: object[] };
  expect(changes).toMatchObject([
    {
      before: { transformations: { request: { addHeaders: { Authorization: '[hidden]' } } } },
      after: { transformations: { request: { addHeaders: { Authorization: '[hidden, changed]' } } } },
    },
  ]);
});
