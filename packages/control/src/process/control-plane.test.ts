import { parseConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nodeReport } from '../nodes/testing/report.ts';
import { openControlPlane } from './control-plane.ts';

function configOf(written: GatewayConfigInput): GatewayConfig {
  const parsed = parseConfig(written);
  if (!parsed.ok) throw new Error('the configuration is wrong');
  return parsed.config;
}

test('a file that takes over says how much it removes, and in which revision', async () => {
  const warn = vi.fn<Logger['warn']>();
  const log = { info: vi.fn<Logger['info']>(), warn, error: vi.fn<Logger['error']>() } as unknown as Logger;
  const plane = await openControlPlane({ config: configOf({ store: { url: 'memory:' } }), log, version: '1' });
  onTestFinished(() => plane.close());
  const route = (name: string) => ({ name, backends: [{ name: 'b', url: 'http://10.0.0.1:80' }] });
  await plane.seed({ routes: [route('a'), route('b')], backends: [] }, 'demo');
  await plane.importFile(configOf({ routes: [route('a')] }), 'sluice.yaml');
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('are removed'), {
    file: 'sluice.yaml',
    removed: 1,
    revision: 2,
    before: 1,
  });
  await plane.importFile(configOf({ routes: [] }), 'sluice.yaml');
  expect(warn).toHaveBeenCalledOnce();
  const write = plane.configuration.createRoute(route('c'), { author: { kind: 'user', name: 'ada' } });
  await expect(write).rejects.toThrow('owned by sluice.yaml');
});

test('a file that changes what would be held over the API is taken, and the log says so afterwards', async () => {
  const warn = vi.fn<Logger['warn']>();
  const log = { info: vi.fn<Logger['info']>(), warn, error: vi.fn<Logger['error']>() } as unknown as Logger;
  const deployments = { environment: 'Production', approvalFor: ['Production'] };
  const plane = await openControlPlane({
    config: configOf({ store: { url: 'memory:' }, deployments }),
    log,
    version: '1',
  });
  onTestFinished(() => plane.close());
  const withTimeout = (timeoutSeconds: number) =>
    configOf({ routes: [{ name: 'a', timeoutSeconds, backends: [{ name: 'b', url: 'http://10.0.0.1:80' }] }] });
  await plane.importFile(withTimeout(10), 'sluice.yaml');
  expect(await plane.importFile(withTimeout(11), 'sluice.yaml')).toMatchObject({ revision: 2, changed: true });
  expect(warn).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('would have held'),
    expect.objectContaining({ file: 'sluice.yaml', revision: 2 }),
  );
});

const routeOf = (name: string, more: object = {}) => ({
  name,
  backends: [{ name: 'b', url: 'https://10.0.0.1', ...more }],
});

async function openPlane() {
  const [info, warn] = [vi.fn<Logger['info']>(), vi.fn<Logger['warn']>()];
  const log = { info, warn, error: vi.fn<Logger['error']>() } as unknown as Logger;
  const plane = await openControlPlane({ config: configOf({ store: { url: 'memory:' } }), log, version: '1' });
  onTestFinished(() => plane.close());
  return { plane, info, warn };
}

test('a file lets go of its routes: they stay, and the API owns them', async () => {
  const { plane, info, warn } = await openPlane();
  const { configuration } = plane;
  await plane.importFile(configOf({ routes: [routeOf('a')] }), 'sluice.yaml');
  expect(plane.status.health()).toMatchObject({ control: { routes: { owner: 'file', file: 'sluice.yaml' } } });
  expect(plane.letGoProblems()).toEqual([]);
  await plane.letGo('sluice.yaml');
  expect(plane.status.health()).toMatchObject({ revision: 1, control: { routes: { owner: 'api' } } });
  expect(info).toHaveBeenCalledWith(expect.stringContaining('leaves the routes'), { file: 'sluice.yaml', revision: 1 });
  expect(warn).not.toHaveBeenCalled();
  await configuration.createRoute(routeOf('c'), { author: { kind: 'user', name: 'ada' } });
  expect(configuration.routes().map(({ id }) => id)).toEqual(['a', 'c']);
});

test('routes that trust a file by its path stay with the file', async () => {
  const { plane } = await openPlane();
  const backends = [{ name: 'pool', url: 'https://10.0.0.1', tls: { caFile: '/etc/ca.pem' } }];
  await plane.importFile(configOf({ routes: [routeOf('a', { tls: { caFile: 'ca.pem' } })], backends }), 'sluice.yaml');
  expect(plane.letGoProblems()).toEqual([
    { path: ['routes'], message: expect.stringMatching(/^is still needed: route a, backend pool trusts/) as string },
  ]);
});

test('routes with a policy that names a file by its path stay with the file; a name may be one in node.filesFolder', async () => {
  const { plane } = await openPlane();
  const guarded = (name: string, publicKeyFile: string) => ({
    ...routeOf(name),
    authentication: { methods: [{ type: 'jwt' as const, publicKeyFile, algorithms: ['RS256' as const] }] },
  });
  await plane.importFile(
    configOf({ routes: [guarded('a', 'issuer.pem'), guarded('b', './issuer.pem')] }),
    'sluice.yaml',
  );
  expect(plane.letGoProblems()).toEqual([
    { path: ['routes'], message: expect.stringMatching(/^is still needed: route b has a policy/) as string },
  ]);
});

test('a file takes over the routes of the API only as they are', async () => {
  const { plane } = await openPlane();
  await plane.seed({ routes: [routeOf('a'), routeOf('b')], backends: [] }, 'demo');
  for (const [routes, named] of [
    [[], 'route a, route b'],
    [[routeOf('a'), routeOf('b'), routeOf('c')], 'route c'],
  ] as const) {
    await expect(plane.takeOver(configOf({ routes: [...routes] }), 'sluice.yaml')).rejects.toMatchObject({
      problems: [{ path: ['routes'], message: expect.stringContaining(`(${named}): nothing was changed`) as string }],
    });
  }
  expect(plane.status.health()).toMatchObject({ revision: 1, control: { routes: { owner: 'api' } } });
  await plane.takeOver(configOf({ routes: [routeOf('b'), routeOf('a')] }), 'sluice.yaml');
  expect(plane.status.health()).toMatchObject({ revision: 1, control: { routes: { owner: 'file' } } });
});

test('while another process has routes in its file, the API leaves them to it', async () => {
  const { plane, warn } = await openPlane();
  await plane.importFile(configOf({ routes: [routeOf('a')] }), 'sluice.yaml');
  await plane.connection.report(nodeReport({ nodeId: 'gate-1', role: 'all', source: 'file' }));
  plane.bus.publish('node', { report: nodeReport({ nodeId: 'gate-2', role: 'all', source: 'file' }) });
  plane.bus.publish('node', { report: nodeReport({ nodeId: 'apart', role: 'gateway', source: 'file' }) });
  await plane.letGo('sluice.yaml');
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('another process'), { owner: 'the file of gate-2' });
  expect(plane.status.health()).toMatchObject({ control: { routes: { owner: 'file', file: 'the file of gate-2' } } });
  const create = () => plane.configuration.createRoute(routeOf('c'), { author: { kind: 'user', name: 'ada' } });
  await expect(create()).rejects.toThrow('owned by the file of gate-2: change them there. To manage them here');
  plane.bus.publish('node', { report: nodeReport({ nodeId: 'gate-2', role: 'all', sequence: 2 }) });
  await vi.waitFor(() => expect(plane.configuration.owner).toEqual({ kind: 'api' }));
  await create();
});
