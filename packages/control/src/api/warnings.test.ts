import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../client/index.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
});
afterEach(() => started.close());

const twin = { ...testRoute, name: 'b' };
const taken = 'matches the same as route a: a gets every request, by its name; give one a higher priority';
const two = [
  { name: 'one', url: 'http://10.0.0.1', weight: 90 },
  { name: 'two', url: 'http://10.0.0.2', weight: 10 },
];
const byHeader = {
  name: 'h',
  pathPattern: '/h/**',
  strategy: 'HeaderBased' as const,
  strategyConfig: { headerName: 'x-to', routingRules: { one: 'one' }, defaultBackend: 'two' },
  backends: two,
};

test('two routes with the same match are said wherever a route comes in', async () => {
  expect(await admin.createRoute({ body: testRoute })).not.toHaveProperty('warnings');
  const body = { configuration: { routes: [twin] } };
  const warnings = [{ path: 'routes[0]', message: taken }];
  expect((await admin.diffConfiguration({ body })).warnings).toEqual(warnings);
  expect((await admin.dryRun.applyConfiguration({ body })).warnings).toEqual(warnings);
  expect((await admin.dryRun.createRoute({ body: twin })).warnings).toEqual([{ path: '', message: taken }]);
  const idempotencyKey = 'a-key-used-once-0001';
  const made = await admin.createRoute({ body: twin, idempotencyKey });
  expect(made.warnings).toEqual([{ path: '', message: taken }]);
  expect(await admin.createRoute({ body: twin, idempotencyKey })).toEqual(made);
  expect((await admin.applyConfiguration({ body })).warnings).toEqual(warnings);
  // What was answered comes back as it is, and what is disabled or first is none.
  const params = { routeId: 'b' };
  const { createdAt: _at, ...same } = made;
  expect((await admin.updateRoute({ params, body: same })).warnings).toEqual(made.warnings);
  expect(await admin.updateRoute({ params, body: { isEnabled: false } })).not.toHaveProperty('warnings');
  expect(await admin.getRoute({ params })).not.toHaveProperty('warnings');
});

test('a route is not warned of itself, nor of one that goes with the same change', async () => {
  await admin.createRoute({ body: testRoute });
  const apply = (routes: { name: string; version?: string; backends: { name: string; url: string }[] }[]) =>
    admin.diffConfiguration({ body: { configuration: { routes }, prune: true } });
  expect((await apply([{ ...testRoute, version: '2.0' }])).warnings).toEqual([]);
  expect((await apply([twin])).warnings).toEqual([]);
  expect((await apply([testRoute, twin])).warnings).toEqual([{ path: 'routes[1]', message: taken }]);
});

test('weights that a named strategy ignores are said, also when a shared backend gets them', async () => {
  const message = 'HeaderBased chooses by the header: weights above 0 make no difference';
  const made = await admin.createRoute({ body: byHeader });
  expect(made.warnings).toEqual([{ path: 'strategy', message }]);
  // The default is honoured, and nobody knows whether it was named.
  expect(await admin.createRoute({ body: { ...testRoute, backends: two } })).not.toHaveProperty('warnings');
  for (const name of ['one', 'two']) await admin.createBackend({ body: { name, url: `http://${name}.example` } });
  const shared = [{ backendId: 'one' }, { backendId: 'two' }];
  await admin.updateRoute({ params: { routeId: 'h' }, body: { backends: shared } });
  const patched = await admin.updateBackend({ params: { backendId: 'one' }, body: { weight: 5 } });
  expect(patched.warnings).toEqual([{ path: '', message: `route h: ${message}` }]);
});

test('a limit by a caller that nobody knows is said in the answer, and stands all the same', async () => {
  const rateLimit = { type: 'FixedWindow' as const, requests: 5, keyBy: 'Consumer' };
  const made = await admin.createRoute({ body: { ...testRoute, rateLimit } });
  const message = 'nobody is known on a route without authentication: every request counts by its client address';
  expect(made.warnings).toEqual([{ path: 'rateLimit.keyBy', message }]);
  const authentication = { methods: [{ type: 'apiKey' as const }] };
  const known = await admin.updateRoute({ params: { routeId: 'a' }, body: { authentication } });
  expect(known).not.toHaveProperty('warnings');
});

test('a deployment and a kept version say it where the request has it', async () => {
  await admin.createRoute({ body: testRoute });
  await admin.createRoute({ body: { ...twin, priority: 1 } });
  const routes = [
    { routeId: 'a', route: { ...testRoute, version: '2.0', timeoutSeconds: 5 } },
    { routeId: 'b', route: { ...twin, version: '2.0' } },
  ];
  const body = { strategy: 'Direct' as const, routes };
  const warnings = [{ path: 'routes[1].route', message: taken }];
  expect((await admin.dryRun.createDeployment({ body })).warnings).toEqual(warnings);
  const made = await admin.createDeployment({ body });
  expect(made.warnings).toEqual(warnings);
  const version = { params: { routeId: 'b' }, body: { configVersion: '2.0', route: twin } };
  expect((await admin.createRouteVersion(version)).warnings).toEqual([{ path: 'route', message: taken }]);
});
