import { parseConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { expect, test, vi } from 'vitest';
import type { ControlPlane, openControlPlane } from './control-plane.ts';
import { openControl } from './open-control.ts';

const denied = Object.assign(new Error("EACCES: permission denied, mkdir '.sluice'"), { code: 'EACCES' });
const warn = vi.fn<Logger['warn']>();
const log = { warn } as unknown as Logger;
const plane = {} as ControlPlane;

/** A control plane whose store can be kept in memory only. */
function readOnly(refusal: Error = denied) {
  return vi.fn<typeof openControlPlane>(({ config }) =>
    config.store.url === 'memory:' ? Promise.resolve(plane) : Promise.reject(refusal),
  );
}

function configOf(text: object) {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error('the configuration is wrong');
  return parsed.config;
}

const readOnlyDisk = Object.assign(new Error("EROFS: read-only file system, mkdir '.sluice'"), { code: 'EROFS' });

test.each([
  ['a folder of another user', denied],
  ['a read-only file system', readOnlyDisk],
  ['a file that the store itself could not make', new Error('the file cannot be created', { cause: readOnlyDisk })],
])('%s: a gateway of its file keeps its history in memory, and says so once', async (_, error) => {
  warn.mockClear();
  expect(await openControl({ config: configOf({ routes: [] }), log, version: '1' }, readOnly(error))).toBe(plane);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/in memory and are lost .* set store\.url/), {
    store: 'sqlite:.sluice/sluice.db',
    reason: expect.stringContaining(error.cause === undefined ? error.message : 'EROFS') as string,
  });
});

test.each(['ENAMETOOLONG', 'ENOTDIR', 'EISDIR'])('a path that leads nowhere (%s) names the key', async (code) => {
  const wrong = Object.assign(new Error(`${code}: no, mkdir '.sluice'`), { code });
  const opening = openControl({ config: configOf({ routes: [] }), log, version: '1' }, readOnly(wrong));
  await expect(opening).rejects.toMatchObject({ name: 'StoreFolderError', cause: wrong });
  await expect(opening).rejects.toThrow(/set store\.url to another path$/);
});

test('any other failure of the store stays what it is', async () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  const opening = openControl({ config: configOf({ routes: [] }), log, version: '1' }, readOnly(full));
  await expect(opening).rejects.toBe(full);
});

test('routes of the API are not lost in memory: the start says what to do', async () => {
  const opening = openControl({ config: configOf({}), log, version: '1' }, readOnly());
  await expect(opening).rejects.toMatchObject({ name: 'StoreFolderError', cause: denied });
  await expect(opening).rejects.toThrow(/SLUICE__STORE__URL=/);
});
