import { parseConfig } from '@sluice/model';
import { expect, test, vi } from 'vitest';
import { FileRoutes } from './file-routes.ts';
import type { FileHistory } from './file-routes.ts';
import type { GatewayRunner } from './gateway-runner.ts';

/** A node that has no snapshot, and follows nobody. */
const alone = { hasSnapshot: () => false, follow: () => Promise.resolve() };

test('a store that comes while the gateway starts: the routes are recorded, and what runs gets its number', async () => {
  const parsed = parseConfig({ routes: [{ name: 'a', backends: [{ name: 'b', url: 'http://127.0.0.1:1' }] }] });
  if (!parsed.ok) throw new Error('the configuration is wrong');
  const importFile = vi
    .fn<FileHistory['importFile']>()
    .mockResolvedValue({ revision: 7, changed: true, isTrial: false });
  let plane: FileHistory | undefined;
  const revisions: (number | undefined)[] = [];
  const runner = {
    async start({ revision }: { revision: number }) {
      revisions.push(revision);
      plane = { importFile, isMeasured: () => Promise.resolve(false) };
    },
    async applyRoutes({ revision }: { revision: number }) {
      revisions.push(revision);
    },
  } as unknown as GatewayRunner;
  const files = new FileRoutes({ runner, plane: () => plane, hasPlane: true, file: 'sluice.yaml', ...alone });
  await files.controlOpened();
  await files.start(parsed.config);
  expect(revisions).toEqual([0, 7]);
  expect(importFile).toHaveBeenCalledOnce();
});
