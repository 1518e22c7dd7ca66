import { parseConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { expect, onTestFinished, test, vi } from 'vitest';
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
