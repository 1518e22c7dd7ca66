import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSluice } from '../../../../e2e/kit/index.ts';
import type { Context } from '../command/command.ts';
import { main } from '../main.ts';
import type { SavedSession } from '../session/session-store.ts';
import { askingContext } from '../testing/asking-context.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let control: StartedControlPlane;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-commands-'));
  control = await startControlPlane(folder);
});
afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

const sluice = (args: string, env?: Context['env']) =>
  runCommand(folder, args.split(' '), { SLUICE_URL: control.url, ...env });
const logIn = () => sluice('login admin', { SLUICE_PASSWORD: adminPassword });
const sessionFile = () => join(folder, '.config/sluice/session.json');

const first = `
backends: [{ name: pool, url: "http://10.0.0.1" }]
routes:
  - { name: shop, pathPattern: /shop/**, backends: [{ backendId: pool }] }
  - { name: blog, hosts: [blog.example.com], version: "2.0", backends: [{ name: b, url: "http://10.0.0.3:8080" }] }
`;
const second = `
routes:
  - { name: shop, pathPattern: /shop/**, priority: 5, backends: [{ name: s, url: "http://10.0.0.4" }] }
`;

async function writeFiles(): Promise<void> {
  await writeFile(join(folder, 'a.yaml'), first);
  await writeFile(join(folder, 'b.yaml'), second);
}

test('whoever is not logged in is told how', async () => {
  await writeFiles();
  for (const args of ['export', 'diff 1 2', 'apply a.yaml', 'diff a.yaml']) {
    expect((await sluice(args)).stderr).toBe(`error  log in first: sluice login --url ${control.url}\n`);
  }
});

test('a login is kept for its owner alone, and ended at the server too', async () => {
  const wrong = await sluice('login admin', { SLUICE_PASSWORD: 'another password' });
  expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: 'error  the username or the password is wrong\n' });
  expect((await logIn()).stderr).toBe(`ok  logged in at ${control.url} as admin (Admin)\n`);
  expect(((await stat(sessionFile())).mode & 0o777).toString(8)).toBe('600');
  const { sessions } = JSON.parse(await readFile(sessionFile(), 'utf8')) as { sessions: Record<string, SavedSession> };
  const { token } = sessions[control.url];
  expect((await sluice('export')).code).toBe(0);
  expect((await sluice('logout')).stderr).toBe(`ok  admin is logged out of ${control.url}\n`);
  expect((await sluice('export')).stderr).toContain('log in first');
  expect((await sluice('export', { SLUICE_TOKEN: token })).stderr).toMatch(/^error .* or give another token\n$/);
});

test('a name and a password are asked for on a terminal', async () => {
  const asking = askingContext(folder, ['admin\r', `${adminPassword}\r`], { HOME: folder, SLUICE_URL: control.url });
  expect(await main(['login'], asking.context)).toBe(0);
  expect(asking.shown()).not.toContain(adminPassword);
  expect((await sluice('export')).code).toBe(0);
});

test('an API key works in place of a login, within its scopes', async () => {
  await writeFiles();
  const made = await sluice('key create ci --owner admin --role Admin --scopes configuration:read');
  const apiKey = made.stdout.trim();
  expect((await sluice('diff a.yaml', { SLUICE_API_KEY: apiKey })).code).toBe(1);
  const refused = await sluice('apply a.yaml', { SLUICE_API_KEY: apiKey });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('the API key lacks the scope configuration:write');
});

test('a file is applied, compared, exported, and found equal', async () => {
  await writeFiles();
  await logIn();
  const dry = await sluice('apply a.yaml --dry-run');
  expect(dry.stdout).toContain('\nwould be 3 created; nothing was changed (--dry-run)\n');
  expect((await sluice('diff a.yaml')).code).toBe(1);
  const applied = await runCommand(folder, ['apply', 'a.yaml', '--reason', 'the first one'], {
    SLUICE_URL: control.url,
  });
  expect(applied.code).toBe(0);
  expect(applied.stdout).toBe(
    [
      '+ backend pool  http://10.0.0.1',
      '+ route blog  /**, 1 backend',
      '+ route shop  /shop/**, 1 backend',
      '',
      'ok  revision 1: 3 created',
      'no node is there to run it',
      '',
    ].join('\n'),
  );
  expect(await sluice('apply a.yaml')).toMatchObject({ code: 0, stdout: 'nothing to change: revision 1 has it all\n' });
  for (const format of ['yaml', 'json']) {
    expect((await sluice(`export out.${format}`)).code).toBe(0);
    expect(await sluice(`diff out.${format}`)).toMatchObject({
      code: 0,
      stdout: `revision 1 and out.${format} are equal\n`,
    });
    expect((await sluice(`check out.${format}`)).code).toBe(0);
  }
  expect((await sluice('export')).stdout).toBe(await readFile(join(folder, 'out.yaml'), 'utf8'));
  expect((await sluice('export out.yaml')).code).toBe(1);
  expect((await sluice('export out.yaml --force')).code).toBe(0);
});

test('one route by itself is applied and compared as a file with routes is, and prunes nothing', async () => {
  await writeFiles();
  await logIn();
  await sluice('apply a.yaml --no-wait');
  const one = 'name: shop\npathPattern: /shop/**\npriority: 7\nbackends: [{ name: x, url: "http://10.0.0.5" }]\n';
  await writeFile(join(folder, 'shop.yaml'), one);
  expect((await sluice('diff shop.yaml')).stdout).toContain('    priority: 0 → 7\n');
  const pruned = await sluice('apply shop.yaml --prune --yes');
  expect(pruned).toMatchObject({ code: 2 });
  expect(pruned.stderr).toContain('--prune would remove every other route');
  expect((await sluice('apply shop.yaml --no-wait')).stdout).toMatch(
    /^~ route shop\n(?:.*\n)*ok {2}revision 2: 1 changed\n/,
  );
  await writeFile(join(folder, 'wrong.yaml'), `${one}prioritty: 3\ndeployment: { strategy: Direct }\n`);
  const wrong = await sluice('apply wrong.yaml');
  expect(wrong.stdout).toMatch(/^wrong\.yaml:5:1 +prioritty +unknown field/m);
  expect(wrong.stdout).toMatch(/^wrong\.yaml:6:1 +deployment +is for sluice deploy/m);
});

test('what a file hardly means is said by diff and apply, by itself and beside what is there', async () => {
  await writeFiles();
  await logIn();
  await sluice('apply a.yaml --no-wait');
  const route = (name: string) => `  - { name: ${name}, pathPattern: /shop/**, strategy: RoundRobin, backends: [`;
  const two = '{ name: x, url: "http://10.0.0.5" }, { name: y, url: "http://10.0.0.6", weight: 5 }] }\n';
  await writeFile(join(folder, 'odd.yaml'), `routes:\n${route('twin')}${two}`);
  const same =
    'odd.yaml:2:5   routes[0]           matches the same as route shop: shop gets every request, by its name; give one a higher priority\n';
  const weights =
    'odd.yaml:2:42  routes[0].strategy  the weights differ, so backends are chosen as by WeightedRoundRobin\n';
  expect((await sluice('apply odd.yaml --dry-run')).stderr).toBe(same + weights);
  expect((await sluice('diff odd.yaml')).stderr).not.toContain('matches the same');
  const { stdout, stderr } = await sluice('apply odd.yaml --no-wait --json');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    changed: true,
    warnings: [{ path: 'routes[0]', line: 2 }, { path: 'routes[0].strategy' }],
  });
});

test('what was applied is told, also when the nodes may not be looked at', async () => {
  await writeFiles();
  const made = await sluice('key create ci --owner admin --role Admin --scopes configuration:*');
  const key = { SLUICE_API_KEY: made.stdout.trim() };
  const applied = await sluice('apply a.yaml', key);
  expect(applied.code).toBe(1);
  expect(applied.stdout).toContain('ok  revision 1: 3 created\n');
  expect(applied.stdout).toMatch(
    /note {2}whether the nodes run it is not known: .*the API key lacks the scope nodes:read/,
  );
  expect((await sluice('apply b.yaml --no-wait', key)).code).toBe(0);
});

test('what the file does not mention stays, unless pruned by somebody who agreed', async () => {
  await writeFiles();
  await logIn();
  await sluice('apply a.yaml');
  const plain = await sluice('apply b.yaml --dry-run');
  expect(plain.stdout).toContain('    priority: 0 → 5\n');
  expect(plain.stdout).toContain('2 others stay as they are (--prune removes what the file does not mention)\n');
  const refused = await sluice('apply b.yaml --prune');
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain('this would remove 2 entities: nothing was changed; --yes agrees to it');
  expect((await sluice('diff 1 1')).stdout).toBe('revision 1 and revision 1 are equal\n');

  const env = { HOME: folder, SLUICE_URL: control.url };
  const no = askingContext(folder, ['n\r'], env);
  expect(await main(['apply', 'b.yaml', '--prune'], no.context)).toBe(1);
  expect(no.shown()).toContain('not applied: nothing was changed');
  const yes = askingContext(folder, ['y\r'], env);
  expect(await main(['apply', 'b.yaml', '--prune'], yes.context)).toBe(0);
  expect(yes.printed()).toContain('ok  revision 2: 1 changed, 2 removed\n');
  expect((await sluice('diff b.yaml')).code).toBe(0);
  const back = await sluice('diff 2 1');
  expect(back).toMatchObject({ code: 1 });
  expect(back.stdout).toContain('+ route blog  /**, 1 backend\n');
  expect(back.stdout).toContain('    priority: 5 → 0\n');
});

test('what was shown is what is done: a configuration that was changed meanwhile is refused', async () => {
  await writeFiles();
  await logIn();
  await sluice('apply a.yaml');
  const env = { HOME: folder, SLUICE_URL: control.url };
  const { context, shown } = askingContext(folder, ['y\r'], env);
  const { stderr } = context;
  let other: Promise<unknown> | undefined;
  const write = (text: string): unknown => {
    if (!text.endsWith('[y/N] ')) return stderr.write(text);
    // Somebody else changes it before the answer comes.
    other = sluice('apply b.yaml').then(() => stderr.write(text));
    return other;
  };
  expect(await main(['apply', 'b.yaml', '--prune'], { ...context, stderr: { isTTY: true, write } })).toBe(1);
  expect(shown()).toContain('the configuration was changed by revision 2: read it again');
});

test('problems are told with their lines, and differences as JSON', async () => {
  await logIn();
  await writeFile(
    join(folder, 'c.yaml'),
    'routes:\n  - { name: a, backends: [{ name: b, url: "http://127.0.0.1:8000" }] }\n',
  );
  const refused = await sluice('apply c.yaml');
  expect(refused.stdout).toMatch(/^c\.yaml:2:\d+ {2}routes\[0\]\.backends\[0\]\.url {2}leads back to this gateway/);
  expect(refused).toMatchObject({ code: 1, stderr: '' });
  expect((await sluice('diff c.yaml')).code).toBe(2);
  await writeFiles();
  const { stdout } = await sluice('diff a.yaml --json');
  expect(JSON.parse(stdout)).toMatchObject({ equal: false, from: 0, to: 'a.yaml', changes: [{}, {}, {}] });
  const applied = await sluice('apply a.yaml --json');
  expect(JSON.parse(applied.stdout)).toMatchObject({
    changed: true,
    revision: 1,
    converged: true,
    nodes: 0,
    behind: [],
  });
  expect((await sluice('diff 1 99')).code).toBe(2);
  expect((await sluice('diff one 2')).code).toBe(2);
});

test('a control plane that is away, or something else, is told from one that refuses', async () => {
  await logIn();
  const { url } = control;
  await control.close();
  const away = await sluice('export', { SLUICE_URL: url });
  expect(away.stderr).toMatch(/^error {2}\S+ does not answer: ECONNREFUSED; is Sluice running there\?/);
  expect((await sluice('logout', { SLUICE_URL: url })).stderr).toContain('forgotten here');
  control = await startControlPlane(folder);
});

test('commands at the same time renew a session once, and none loses it', async () => {
  await logIn();
  const file = JSON.parse(await readFile(sessionFile(), 'utf8')) as { sessions: Record<string, SavedSession> };
  const expired = { ...file.sessions[control.url], expiresAt: '2020-01-01T00:00:00.000Z' };
  await writeFile(sessionFile(), JSON.stringify({ version: 1, sessions: { [control.url]: expired } }));
  const env = { HOME: folder, SLUICE_URL: control.url };
  const run = () => runSluice(['export'], { cwd: folder, env });
  const outcomes = await Promise.all(Array.from({ length: 5 }, run));
  expect(outcomes.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(['0', '0', '0', '0', '0']);
  const renewed = JSON.parse(await readFile(sessionFile(), 'utf8')) as { sessions: Record<string, SavedSession> };
  expect(renewed.sessions[control.url].refreshToken).not.toBe(expired.refreshToken);
  expect((await sluice('export')).code).toBe(0);
});

test('routes and backends are listed as tables and as JSON, all pages of them', async () => {
  await writeFiles();
  await logIn();
  await sluice('apply a.yaml');
  const listed = await sluice('routes');
  expect(listed.stdout).toMatch(/^ROUTE +METHODS +HOSTS +PATH +BACKENDS +STRATEGY +SPLIT +STATE +REVISION\n/);
  expect(listed.stdout).toMatch(/\nblog +any +blog\.example\.com +\/\*\* +b +RoundRobin +on +1\n/);
  expect((await sluice('routes sho')).stdout).toMatch(/^ROUTE.*\nshop +any +any +\/shop\/\*\* +pool .*\n$/);
  expect((await sluice('routes --limit 1')).stdout).toMatch(/\n1 more: --limit N shows more\n$/);
  const json = JSON.parse((await sluice('routes --json')).stdout) as { routes: { routeId: string }[]; total: number };
  expect([json.total, json.routes.map(({ routeId }) => routeId)]).toEqual([2, ['blog', 'shop']]);
  const backends = await sluice('backends');
  expect(backends.stdout).toMatch(/^BACKEND +URL +WEIGHT +HEALTH +STATE +REQUESTS +FAILURES +ACTIVE +REVISION\n/);
  expect(backends.stdout).toMatch(/\nblog~b +http:\/\/10\.0\.0\.3:8080 +100 +Unknown +on +0 +0 +0 +1\n/);
  expect((await sluice('backends --health Healthy')).stdout).toBe('no backends\n');
  expect((await sluice('backends --health Fine')).stderr).toContain('Healthy');
});

test('what the gateway does is asked of the gateway, and wrong words are told apart before', async () => {
  await logIn();
  const alone = 'This control process has no gateway of its own';
  expect((await sluice('explain GET http://shop.example/')).stderr).toContain(alone);
  expect((await sluice('logs --follow --status 5xx --slower-than 2s')).stderr).toContain(alone);
  expect(await sluice('logs --route shop')).toMatchObject({ code: 2 });
  expect((await sluice('logs -f --status 9xx')).stderr).toContain('--status: expected');
  expect((await sluice('logs -f --slower-than soon')).stderr).toContain('--slower-than: expected');
});
