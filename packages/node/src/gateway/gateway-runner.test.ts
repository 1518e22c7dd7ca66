import type { ApplyOptions, ApplyResult, Gateway } from '@sluice/gateway';
import { parseConfig } from '@sluice/model';
import type { GatewayConfig, RouteConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { GatewayRunner } from './gateway-runner.ts';

test('settings that change while routes change keep the new routes', async () => {
  const { runner, live } = await startRunner();
  await Promise.all([
    runner.applyRoutes({ routes: routesOf(2), revision: 2 }),
    runner.applySettings({ ...settings, role: 'gateway' }),
  ]);
  expect(live()).toEqual({ revision: 2, routes: ['r2'], role: 'gateway' });
});

test('routes that change while settings change keep the new settings', async () => {
  const { runner, live } = await startRunner();
  await Promise.all([
    runner.applySettings({ ...settings, role: 'gateway' }),
    runner.applyRoutes({ routes: routesOf(2), revision: 2 }),
  ]);
  expect(live()).toEqual({ revision: 2, routes: ['r2'], role: 'gateway' });
});

test('a change that is refused leaves what was, and the next one is made', async () => {
  const { runner, live } = await startRunner();
  const refused = runner.applyRoutes({ routes: routesOf(13), revision: 13 });
  const next = runner.applySettings({ ...settings, role: 'gateway' });
  await expect(refused).rejects.toThrow('refused');
  await next;
  expect(live()).toEqual({ revision: 1, routes: ['r1'], role: 'gateway' });
});

test('a change that cannot be recorded leaves what was, and one that can is known by its number', async () => {
  const { runner, live } = await startRunner();
  const changed = { ...settings, routes: routesOf(2), role: 'gateway' as const };
  await expect(runner.applyAll(changed, () => Promise.reject(new Error('the disk is full')))).rejects.toThrow('full');
  expect(runner.routes).toEqual(routesOf(1));
  expect(live()).toEqual({ revision: 1, routes: ['r1'], role: 'all' });
  await runner.applyAll(changed, () => Promise.resolve(2));
  await runner.applySettings({ ...changed, role: 'all' });
  expect(live()).toEqual({ revision: 2, routes: ['r2'], role: 'all' });
});

const settings = configOf();

function configOf(): GatewayConfig {
  const read = parseConfig({ routes: [] });
  if (!read.ok) throw new Error('the empty configuration is sound');
  return read.config;
}

function routesOf(number: number): RouteConfig[] {
  return [{ name: `r${number}` } as RouteConfig];
}

/** A runner on a gateway that takes a moment for everything, and refuses revision 13. */
async function startRunner() {
  let config: GatewayConfig | undefined;
  let revision: number | undefined;
  const gateway = {
    async apply(next: GatewayConfig, options: ApplyOptions): Promise<ApplyResult> {
      await new Promise((resolve) => setImmediate(resolve));
      const number = typeof options.revision === 'function' ? await options.revision() : options.revision;
      if (number === 13) throw new Error('refused');
      [config, revision] = [next, number];
      return { changed: true, revision: number ?? 0, restartNeeded: [] };
    },
  };
  const runner = new GatewayRunner(settings, async (first, number) => {
    [config, revision] = [first, number];
    return gateway as unknown as Gateway;
  });
  await runner.start({ routes: routesOf(1), revision: 1 });
  return {
    runner,
    live: () => ({ revision, routes: config?.routes.map(({ name }) => name), role: config?.role }),
  };
}
