import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeDemoFile } from '../session/demo-file.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let elsewhere: string;
let control: StartedControlPlane;
let removeDemo: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-'));
  elsewhere = await mkdtemp(join(tmpdir(), 'remote-store-'));
  control = await startControlPlane(elsewhere);
  removeDemo = () => {};
});
afterEach(async () => {
  removeDemo();
  await control.close();
  await rm(folder, { recursive: true });
  await rm(elsewhere, { recursive: true });
});

const sluice = (args: string, env?: Record<string, string>) => runCommand(folder, args.split(' '), env);

async function publishDemo(): Promise<void> {
  const nowhere = 'http://127.0.0.1:1';
  const urls = { proxy: nowhere, stable: nowhere, candidate: nowhere, bad: nowhere, management: control.url };
  removeDemo = await writeDemoFile(folder, { version: 1, pid: process.pid, key: 'of-the-demo', ...urls });
}

const places: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['of a demo', publishDemo],
  [
    'with its store in memory',
    () => {
      const management = `management: { port: ${new URL(control.url).port} }`;
      return writeFile(join(folder, 'sluice.yaml'), `store: { url: "memory:" }\n${management}\n`);
    },
  ],
];

test.each(places)(
  'in the folder %s, commands for users, keys and the audit log talk to the running process',
  async (_, make) => {
    await make();
    expect((await sluice('user list')).stderr).toBe(`error  log in first: sluice login --url ${control.url}\n`);
    await sluice('login admin', { SLUICE_PASSWORD: adminPassword });

    // As the demo's note has it.
    const other = { SLUICE_PASSWORD: 'another password' };
    expect((await sluice('user password admin', other)).stderr).toContain('admin has a new password');
    expect((await sluice('login admin', other)).code).toBe(0);

    expect((await sluice('user add ada --role Viewer', other)).stderr).toBe('ok  user ada: Viewer, enabled\n');
    expect((await sluice('user role ada Operator')).stderr).toBe('ok  user ada: Operator, enabled\n');
    expect((await sluice('user list')).stdout).toMatch(/ada +Operator +enabled +never/);
    expect((await sluice('user remove ada')).code).toBe(0);

    expect((await sluice('key create ci --role Viewer --scopes route:read')).stderr).toContain(
      'did you mean "routes:read"?',
    );
    expect((await sluice('key create ci --role Viewer --owner admin')).stderr).toContain('leave out --owner');
    expect((await sluice('key create ci --role Viewer --scopes routes:read')).stdout).toMatch(/^sluice_\S+\n$/);
    expect((await sluice('key list')).stdout).toMatch(/ci +Viewer +routes:read +admin/);
    expect((await sluice('key revoke ci')).stderr).toBe('ok  key ci is revoked\n');

    expect((await sluice('audit -n 2')).stdout).toMatch(/apiKey\.created.*\n.*apiKey\.revoked/);
    const backup = await sluice('backup store.bak');
    expect(backup).toMatchObject({ code: 1, stdout: '' });
    expect(backup.stderr).toContain('keeps everything in memory');
  },
);

test('consumers are added, changed and removed, and their keys are shown once', async () => {
  await publishDemo();
  await sluice('login admin', { SLUICE_PASSWORD: adminPassword });
  expect(
    (await sluice('consumer add shop --tier free --scopes orders:read,orders:write --subjects CN=shop')).stderr,
  ).toBe('ok  consumer shop is added: sluice consumer add-key shop makes a key\n');
  expect((await sluice('consumer update shop')).stderr).toContain('nothing to change');
  expect((await sluice('consumer update shop --tier premium --roles buyer --scopes orders:read')).code).toBe(0);
  const added = await sluice('consumer add-key shop --name first --expires 90d');
  expect(added.stdout).toMatch(/^slc_[0-9a-f]{32}_[0-9a-f]{64}\n$/);
  const shown = JSON.parse((await sluice('consumer show shop --json')).stdout) as { keys: { keyId: string }[] };
  const about = { tier: 'premium', roles: ['buyer'], scopes: ['orders:read'], subjects: ['CN=shop'] };
  expect(shown).toMatchObject({ ...about, keys: [{ name: 'first' }] });
  expect((await sluice('consumer list')).stdout).toMatch(/shop .*premium +orders:read +enabled +1/);
  expect((await sluice('consumer disable shop')).stderr).toContain('its keys are refused');
  expect((await sluice('consumer show shop')).stdout).toMatch(/state +disabled/);
  expect((await sluice('consumer enable shop')).code).toBe(0);
  expect((await sluice(`consumer revoke-key shop ${shown.keys[0]?.keyId}`)).stderr).toContain('is revoked');
  expect((await sluice('consumer add depot --subjects shop')).stderr).toContain('"shop" is what the consumer "shop"');
  expect((await sluice('consumer remove shop')).code).toBe(0);
  expect((await sluice('consumer show shop')).code).toBe(1);
});

test('--url names the process to talk to, and a store beside it is a contradiction', async () => {
  await sluice(`login admin --url ${control.url}`, { SLUICE_PASSWORD: adminPassword });
  expect((await sluice(`user list --url ${control.url}`)).stdout).toContain('admin');
  expect((await sluice(`user list --url ${control.url} --config a.yaml`)).stderr).toContain('leave out one of the two');
});

test('a second demo in the folder is refused with the place of the first, and changes nothing', async () => {
  await publishDemo();
  const file = join(folder, '.sluice/demo.json');
  const before = await readFile(file, 'utf8');
  const second = await sluice('start --demo --port 0 --management-port 0');
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain(`a demo runs in this folder already (process ${process.pid})`);
  expect(second.stderr).toContain(control.url);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('a demo that was killed is no hindrance, even when another process has its number', async () => {
  await publishDemo();
  await control.close();
  expect((await sluice('user list')).stderr).toContain('there is no store');
});
