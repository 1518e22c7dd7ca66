import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Context } from '../command/command.ts';
import { main } from '../main.ts';
import { askingContext } from '../testing/asking-context.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let control: StartedControlPlane;
let setPassword: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'login-'));
  control = await startControlPlane(folder);
  await writeFile(join(folder, 'sluice.yaml'), `store: { url: "sqlite:.sluice/sluice.db" }\n`);
  setPassword = (await sluice('user add ada --role Admin --generate')).stdout.trim();
});
afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

const sluice = (args: string, env?: Context['env']) =>
  runCommand(folder, args.split(' '), { SLUICE_URL: control.url, ...env });

test('a password that somebody else set is changed at the login', async () => {
  const env = { HOME: folder, SLUICE_URL: control.url };
  const { context, shown } = askingContext(
    folder,
    ['ada\r', `${setPassword}\r`, 'her own password\r', 'her own password\r'],
    env,
  );
  expect(await main(['login'], context)).toBe(0);
  expect(shown()).toContain('choose a new one');
  expect(await sluice('nodes')).toMatchObject({ code: 0 });
  expect(await sluice('login ada', { SLUICE_PASSWORD: setPassword })).toMatchObject({ code: 1 });
});

test('without anybody to ask, the new one comes from a file; until then every command says what to do', async () => {
  const first = await sluice('login ada', { SLUICE_PASSWORD: setPassword });
  expect(first.stderr).toContain('--new-password-file');
  const { code, stderr } = await sluice('nodes');
  expect(code).toBe(1);
  expect(stderr).toContain(`change it before anything else. (sluice login --url ${control.url} asks for a new one)`);
  await writeFile(join(folder, 'new'), 'her own password\n');
  const next = await sluice('login ada --new-password-file new', { SLUICE_PASSWORD: setPassword });
  expect(next).toMatchObject({ code: 0 });
  expect(await sluice('nodes')).toMatchObject({ code: 0 });
  expect(await sluice('login ada', { SLUICE_PASSWORD: 'her own password' })).toMatchObject({ code: 0 });
});

test('whose password is their own is asked for nothing more', async () => {
  const { code, stderr } = await sluice('login admin', { SLUICE_PASSWORD: adminPassword });
  expect({ code, stderr }).toEqual({ code: 0, stderr: `ok  logged in at ${control.url} as admin (Admin)\n` });
});

test('one who fails too often is told how long to wait', async () => {
  const fail = () => sluice('login admin', { SLUICE_PASSWORD: 'wrong' });
  const isTooOften = /^error {2}too many attempts to log in: wait \d+ s\.\n$/;
  // After five failures, unless the next one takes longer than the wait, which doubles each time.
  const { code } = await vi.waitUntil(async () => {
    const failed = await fail();
    return isTooOften.test(failed.stderr) && failed;
  });
  expect(code).toBe(1);
});
