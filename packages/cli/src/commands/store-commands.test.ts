import { allCollections, claimStore, openStore } from '@sluice/control';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSluice, spawnSluice } from '../../../../e2e/kit/index.ts';
import type { Context } from '../command/command.ts';
import { main } from '../main.ts';
import { askingContext } from '../testing/asking-context.ts';
import { makeStore } from '../testing/make-store.ts';
import { runCommand } from '../testing/run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-commands-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sluice = (args: string, env?: Context['env']) => runCommand(folder, args.split(' '), env);
const json = async <T>(args: string, env?: Context['env']): Promise<T> =>
  JSON.parse((await sluice(args, env)).stdout) as T;
const password = { SLUICE_PASSWORD: 'long enough for it' };

test.each(['user list', 'user password admin', 'key list', 'audit', 'backup b', 'user add x --role Viewer'])(
  'sluice %s makes no store where there is none',
  async (args) => {
    const { code, stderr } = await sluice(args, password);
    expect(stderr).toMatch(/^error {2}there is no store at sqlite:\.sluice\/sluice\.db yet: sluice start creates it/);
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  },
);

test('a store in memory is told from one that can be opened, and where to go instead', async () => {
  const memory = { SLUICE__STORE__URL: 'memory:' };
  for (const command of ['user list', 'key list', 'audit']) {
    expect((await sluice(command, memory)).stderr).toContain('log in first: sluice login --url http://127.0.0.1:5000');
  }
});

test('the password of a store is in no message', async () => {
  const env = { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/sluice' };
  const { code, stderr } = await sluice('user list', env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error {2}postgres:\/\/127\.0\.0\.1:1\/sluice: [^\n]*\n$/);
});

test('users are added, changed, listed and removed, and the log says who did it', async () => {
  await makeStore(folder);
  expect((await sluice('user add ada --role operator', password)).code).toBe(0);
  expect((await sluice('user role ada Admin')).stderr).toBe('ok  user ada: Admin, enabled\n');
  expect((await sluice('user disable admin')).code).toBe(0);
  expect((await sluice('user disable ada')).stderr).toContain('ada is the last enabled Admin');
  const { users } = await json<{ users: object[] }>('user list --json');
  expect(users).toMatchObject([
    { username: 'ada', role: 'Admin', isEnabled: true },
    { username: 'admin', role: 'Admin', isEnabled: false },
  ]);
  expect((await sluice('user remove admin')).code).toBe(0);
  expect((await sluice('user list')).stdout).toBe('USER  ROLE   STATE    LAST LOGIN\nada   Admin  enabled  never\n');
  expect(await sluice('audit --user nobody')).toEqual({ code: 0, stdout: '', stderr: 'no entry matches\n' });
  const log = await sluice('audit --user ' + userInfo().username + ' --json');
  const entries = log.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(entries).toMatchObject([
    { eventType: 'user.created', entityId: 'ada', userKind: 'system', address: 'local', outcome: 'done' },
    { eventType: 'user.updated', entityId: 'ada' },
    { eventType: 'user.updated', entityId: 'admin' },
    { eventType: 'user.deleted', entityId: 'admin' },
  ]);
});

test('what is called the wrong way is refused with exit code 2', async () => {
  for (const args of [
    'user',
    'user ad',
    'user role ada',
    'user add ada',
    'user add ada --role Boss',
    'key create ci',
  ]) {
    expect(await sluice(args)).toMatchObject({ code: 2, stdout: '' });
  }
  expect((await sluice('user add ada --role Viewer --generate --password-file x')).code).toBe(2);
  expect((await sluice('user lst')).stderr).toContain('did you mean "list"?');
});

test('an unknown scope is refused with the nearest and all that there are', async () => {
  await makeStore(folder);
  const { code, stdout, stderr } = await sluice('key create ci --owner admin --role Viewer --scopes route:read');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('did you mean "routes:read"?');
  expect(stderr).toContain('the scopes are *, ');
  expect((await sluice('key list --json')).stdout).toBe('{"apiKeys":[]}\n');
});

test('a secret that is made up is alone on stdout, and works once only to be read', async () => {
  await makeStore(folder);
  const added = await sluice('user add ada --role Viewer --generate');
  expect(added.stdout).toMatch(/^[\w-]{24}\n$/);
  expect(added.stderr).toBe('ok  user ada: Viewer, enabled\n');
  expect((await sluice('user list')).stdout).toContain('enabled, must change the password');
  const made = await sluice(
    'key create ci --owner admin --role Operator --scopes routes:read,nodes:read --expires 90d',
  );
  expect(made.stdout).toMatch(/^sluice_\S+\n$/);
  const shown = [await sluice('key list'), await sluice('key list --json'), await sluice('audit --json')];
  const secrets = [added.stdout.trim(), made.stdout.trim()];
  for (const { stdout } of shown) expect(secrets.some((secret) => stdout.includes(secret))).toBe(false);
});

test('once there are users a key is that of one of them; before, it is a root key and shown as such', async () => {
  await makeStore(folder, { hasAdmin: false });
  const root = await sluice('key create first --role Admin');
  expect(root.stderr).toContain('a root key: it belongs to nobody and approves nothing');
  expect((await sluice('key list')).stdout).toMatch(/first +Admin +\* +\(root key\)/);
  await sluice('user add ada --role Admin --generate');
  const refused = await sluice('key create second --role Admin');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('--owner USER');
  expect((await sluice('key create second --role Admin --owner ada')).code).toBe(0);
  expect((await sluice('key list')).stdout).toMatch(/second +Admin +\* +ada/);
});

test('a key is revoked by its name or id', async () => {
  await makeStore(folder);
  const { apiKeyId, key } = await json<{ apiKeyId: string; key: string }>(
    'key create one --owner admin --role Viewer --json',
  );
  expect(key).toMatch(/^sluice_/);
  await sluice('key create two --owner ADMIN --role Viewer');
  expect((await sluice(`key revoke ${apiKeyId}`)).stderr).toBe('ok  key one is revoked\n');
  expect((await sluice('key revoke two')).code).toBe(0);
  expect((await sluice('key revoke two')).stderr).toContain('there is no key two');
  expect(await json('key list --json')).toEqual({ apiKeys: [] });
});

test('a password is asked for on a terminal, after it is known that there is such a user', async () => {
  await makeStore(folder);
  const asked = askingContext(folder, ['another password\r', 'another password\r']);
  expect(await main(['user', 'password', 'admin'], asked.context)).toBe(0);
  expect(asked.shown()).toBe(
    'New password: \nNew password again: \nok  admin has a new password, and is logged out everywhere\n',
  );
  const nobody = askingContext(folder, []);
  expect(await main(['user', 'password', 'nobody'], nobody.context)).toBe(1);
  expect(nobody.shown()).toContain('user "nobody" does not exist');
});

test('a backup is for its owner alone and replaces a file only when told to', async () => {
  await makeStore(folder);
  const { stdout } = await sluice('backup store.bak');
  expect(stdout).toBe('ok  store.bak: backup of sqlite:.sluice/sluice.db\n  1 user\n  1 audit entry\n');
  expect(((await stat(join(folder, 'store.bak'))).mode & 0o777).toString(8)).toBe('600');
  expect((await sluice('backup store.bak')).stderr).toContain('store.bak exists already: --force replaces it');
  expect((await sluice('backup store.bak --force')).code).toBe(0);
  expect((await sluice('backup nowhere/store.bak')).stderr).toContain('there is no folder nowhere');
});

test('a backup is brought back into another store: with the same users, another history, and an entry in the log', async () => {
  await makeStore(folder);
  const lineageOf = async (url: string) => {
    const store = await openStore({ url, collections: allCollections });
    const head = allCollections.find(({ name }) => name === 'configuration_head');
    const found = head && (await store.get(head, 'head'));
    await store.close();
    return found?.body;
  };
  const source = `sqlite:${join(folder, '.sluice/sluice.db')}`;
  const store = await openStore({ url: source, collections: allCollections });
  const head = allCollections.find(({ name }) => name === 'configuration_head')!;
  const body = { revision: 7, lineage: 'first' };
  await store.commit([{ kind: 'put', collection: head, id: 'head', body, expect: 'any' }]);
  await store.close();
  await sluice('backup store.bak');

  const target = `sqlite:${join(folder, 'other/store.db')}`;
  const env = { SLUICE__STORE__URL: target };
  const plan = await sluice('restore store.bak --dry-run', env);
  expect(plan.stdout).toContain(`${target}: will be created\nnothing was changed (--dry-run)\n`);
  expect(await readdir(folder)).not.toContain('other');
  expect((await sluice('restore store.bak', env)).stderr).toContain('give --yes');
  expect(await readdir(folder)).not.toContain('other');
  expect((await sluice('restore store.bak --yes', env)).code).toBe(0);
  expect((await sluice('user list', env)).stdout).toContain('admin');
  const restored = await lineageOf(target);
  expect(restored).toMatchObject({ revision: 7 });
  expect(restored?.['lineage']).not.toBe('first');
  expect((await sluice('audit -n 1', env)).stdout).toMatch(
    / done +\S+ +local +store\.restored +store +backupCreatedAt/,
  );
});

test('restoring asks first, and shows what would be lost', async () => {
  await makeStore(folder);
  await sluice('backup store.bak');
  await sluice('user add ada --role Viewer', password);
  const no = askingContext(folder, ['n\r']);
  expect(await main(['restore', 'store.bak'], no.context)).toBe(1);
  expect(no.shown()).toContain('would lose\n  2 users\n  2 audit entries\n');
  expect((await sluice('user list')).stdout).toContain('ada');
  expect(await main(['restore', 'store.bak'], askingContext(folder, ['y\r']).context)).toBe(0);
  expect((await sluice('user list')).stdout).not.toContain('ada');
});

test('a store that a sluice runs on, or a damaged backup, is refused and nothing is changed', async () => {
  await makeStore(folder);
  await sluice('backup store.bak');
  await sluice('user add ada --role Viewer', password);
  const claim = await claimStore(`sqlite:${join(folder, '.sluice/sluice.db')}`);
  expect((await sluice('restore store.bak --yes')).stderr).toContain('is used by another running sluice');
  expect((await sluice('restore store.bak --dry-run')).code).toBe(0);
  claim.release();
  await writeFile(join(folder, 'cut.bak'), (await readFile(join(folder, 'store.bak'))).subarray(0, 200));
  expect((await sluice('restore cut.bak --yes')).stderr).toBe('error  cut.bak is not a backup, or is damaged\n');
  expect((await sluice('restore none.bak --yes')).stderr).toBe('error  none.bak cannot be read (ENOENT)\n');
  expect((await sluice('user list')).stdout).toContain('ada');
});

test('the real command: secrets can be captured, and the log is followed', async () => {
  await makeStore(folder);
  const place = { cwd: folder, env: { HOME: folder } };
  const follower = spawnSluice(['audit', '--follow', '--json'], place);
  try {
    await follower.written('"entityId":"admin"');
    const create = 'key create ci --owner admin --role Viewer';
    const { code, stdout, stderr } = await runSluice(create.split(' '), place);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sluice_\S+\n$/);
    expect(stderr).toContain('ok  key ci: Viewer, *; it cannot be shown again');
    await follower.written('apiKey.created');
    expect(follower.stdout.trimEnd().split('\n')).toHaveLength(2);
  } finally {
    await follower.kill();
  }
});
