import { parseConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { expect, test, vi } from 'vitest';
import type { ControlPlane, openControlPlane } from './control-plane.ts';
import { openControl } from './open-control.ts';

const denied = Object.assign(new Error("EACCES: permission denied, mkdir '.sluice'"), { code: 'EACCES' });
const log = { warn: vi.fn<() => void>() } as unknown as Logger;
const plane = {} as ControlPlane;

/** A control plane whose store can be kept in memory only. */
function readOnly() {
  return vi.fn<typeof openControlPlane>(({ config }) =>
    config.store.url === 'memory:' ? Promise.resolve(plane) : Promise.reject(denied),
  );
}

function configOf(text: object) {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error('the configuration is wrong');
  return parsed.config;
}

test('in a folder that cannot be written, a gateway of its file keeps its history in memory', async () => {
  expect(await openControl({ config: configOf({ routes: [] }), log, version: '1' }, readOnly())).toBe(plane);
});

test('routes of the API are not lost in memory: the start says what to do', async () => {
  const opening = openControl({ config: configOf({}), log, version: '1' }, readOnly());
  await expect(opening).rejects.toMatchObject({ name: 'StoreFolderError', cause: denied });
  await expect(opening).rejects.toThrow(/SLUICE__STORE__URL=/);
});
