import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeDemoFile } from '../session/demo-file.ts';
import { runCommand } from '../testing/run-command.ts';
import { startControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('without a demo it says how to start one, and what there is to show', async () => {
  const none = await runCommand(folder, ['demo', 'canary']);
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toMatch(/^error {2}no demo runs in this folder: .* npm start/);
  const unknown = await runCommand(folder, ['demo', 'canery']);
  expect(unknown).toMatchObject({
    code: 2,
    stderr: 'error  sluice demo has no scenario "canery"; did you mean "canary"?\n',
  });
});

test('something else at the address of the demo is told from the demo', async () => {
  const control = await startControlPlane(folder);
  const backends = { stable: 'http://127.0.0.1:1', candidate: 'http://127.0.0.1:1', bad: 'http://127.0.0.1:1' };
  const pass = { version: 1, pid: process.pid, proxy: 'http://127.0.0.1:1', key: 'of-another', ...backends } as const;
  const remove = await writeDemoFile(folder, { ...pass, management: control.url });
  try {
    // A token of somebody's own must not be sent in its place.
    const other = await runCommand(folder, ['demo', 'canary'], { SLUICE_TOKEN: 'mine' });
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).toContain(`${control.url} is not the demo that was started in this folder`);
  } finally {
    remove();
    await control.close();
  }
  const gone = await writeDemoFile(folder, { ...pass, management: control.url });
  expect((await runCommand(folder, ['demo', 'canary'])).stderr).toContain('does not answer');
  gone();
});
