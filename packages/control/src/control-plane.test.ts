import { parseConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openControlPlane } from './control-plane.ts';

test('a file that takes over says how much it removes, and in which revision', async () => {
  const parsed = parseConfig({ store: { url: 'memory:' } });
  if (!parsed.ok) throw new Error('the configuration is wrong');
  const warn = vi.fn<Logger['warn']>();
  const log = { info: vi.fn<Logger['info']>(), warn, error: vi.fn<Logger['error']>() } as unknown as Logger;
  const plane = await openControlPlane({ config: parsed.config, log, version: '1' });
  onTestFinished(() => plane.close());
  const route = (name: string) => ({ name, backends: [{ name: 'b', url: 'http://10.0.0.1:80' }] });
  await plane.seed({ routes: [route('a'), route('b')], backends: [] }, 'demo');
  await plane.importFile({ routes: [route('a')], backends: [] }, 'sluice.yaml');
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('is removed'), {
    file: 'sluice.yaml',
    removed: 1,
    revision: 2,
    before: 1,
  });
  await plane.importFile({ routes: [], backends: [] }, 'sluice.yaml');
  expect(warn).toHaveBeenCalledOnce();
  const write = plane.configuration.createRoute(route('c'), { author: { kind: 'user', name: 'ada' } });
  await expect(write).rejects.toThrow('owned by sluice.yaml');
});
