import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Context } from '../command/command.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let control: StartedControlPlane;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-'));
  control = await startControlPlane(folder);
});
afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

const sluice = (args: string, env?: Context['env']) =>
  runCommand(folder, args.split(' '), { SLUICE_URL: control.url, ...env });

async function askWith(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${control.url}/api/v1/gateway/routes`, { headers })).status;
}

test('the token is that of the saved session, whatever token the environment holds', async () => {
  await sluice('login admin', { SLUICE_PASSWORD: adminPassword });
  const { code, stdout, stderr } = await sluice('token', { SLUICE_TOKEN: 'another' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^\S+\n$/);
  expect(await askWith(stdout.trim())).toBe(200);
});

test('without a session nothing is printed', async () => {
  const { code, stdout, stderr } = await sluice('token');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`error  log in first: sluice login --url ${control.url}\n`);
});

test('a session that was ended elsewhere gives no token', async () => {
  await sluice('login admin', { SLUICE_PASSWORD: adminPassword });
  const token = (await sluice('token')).stdout.trim();
  const headers = { authorization: `Bearer ${token}` };
  await fetch(`${control.url}/api/v1/authentication/logout`, { method: 'POST', headers });
  expect(await sluice('token')).toMatchObject({ code: 1, stdout: '' });
});
