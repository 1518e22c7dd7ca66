import { createManagementServer } from '@sluice/service';
import type { ManagementServer } from '@sluice/service';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage } from './testing/open-browser.ts';
import { serveModules } from './testing/serve-modules.ts';
import type { ModuleServer } from './testing/serve-modules.ts';
import { startApi, testPassword, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let modules: ModuleServer;
let started: StartedApi;
let server: ManagementServer;
let url: string;
let browser: Browser;

beforeAll(async () => {
  modules = await serveModules(['@sluice/model/api', 'zod', 're2js', '@marcbachmann/cel-js']);
  // As another origin's page: the client in a browser depends on what the API allows those.
  started = await startApi({ config: { management: { corsOrigins: [modules.origin] } } });
  await started.token('Admin');
  const status = {
    ready: () => ({ ready: true }),
    health: () => ({ status: 'healthy' as const }),
    writeMetrics: () => {},
    version: '1',
  };
  server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler: started.api.handler });
  url = `http://127.0.0.1:${await server.listen()}`;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await started.close();
  await modules.close();
});

test('the client runs in a browser without a bundle, on a page of an origin that is allowed', async () => {
  const { page, problems, origins } = await openPage(browser);
  await page.goto(modules.origin);
  const input = { url, password: testPassword, route: testRoute };
  const result = await page.evaluate(`(async ({ url, password, route }) => {
    const { ApiError, createClient } = await import('/packages/control/src/client/index.ts');
    const client = createClient({ url });
    const login = await client.login({ body: { username: 'admin', password } });
    const created = await client.createRoute({ body: route, idempotencyKey: crypto.randomUUID() });
    const updated = await client.updateRoute({
      params: { routeId: created.routeId },
      body: { isEnabled: false },
      ifMatch: created.revision,
    });
    const preview = await client.dryRun.deleteRoute({ params: { routeId: created.routeId } });
    const stale = await client.deleteRoute({ params: { routeId: 'missing' } }).catch((error) => error);
    const { routes } = await client.listRoutes({ query: { search: 'a', limit: 5 } });
    return {
      role: login.user.role,
      isEnabled: updated.isEnabled,
      changed: preview.changed,
      refusal: stale instanceof ApiError && [stale.status, stale.code],
      routes: routes.map(({ routeId }) => routeId),
    };
  })(${JSON.stringify(input)})`);
  expect(result).toEqual({
    role: 'Admin',
    isEnabled: false,
    changed: true,
    refusal: [404, 'NOT_FOUND'],
    routes: ['a'],
  });
  expect([...origins].toSorted()).toEqual([modules.origin, url].toSorted());
  // A browser writes each refusal into its console, when it gets to it.
  await expect.poll(() => problems).toEqual([expect.stringContaining('404')]);
});
