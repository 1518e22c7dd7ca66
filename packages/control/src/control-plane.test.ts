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
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('is removed'), {
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
