import { parseConfig } from '@sluice/model';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noConfigFile } from '../config/load-config.ts';
import { namedFileProblems } from '../run/named-files.ts';
import { runCommand } from '../testing/run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
});
afterEach(() => rm(folder, { recursive: true }));

const check = (...args: string[]) => runCommand(folder, ['check', ...args]);
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const at = (name: string): string => join(folder, name);

/** A certificate with its key. */
function pair(name: string): string {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`)];
  const args = ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-out', at(`${name}.pem`)];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return `certFile: ${at(`${name}.pem`)}, keyFile: ${at(`${name}.key`)}`;
}

test('the file of the folder is found, as sluice start finds it; without one that is said', async () => {
  const none = await check();
  expect(none.code).toBe(0);
  expect(none.stderr).toBe(`note  ${noConfigFile.message}; ${noConfigFile.advice}\n`);
  expect(none.stdout).toMatch(/^ok {2}the environment: 0 routes/);
  expect(JSON.parse((await check('--json')).stdout)).toMatchObject({ ok: true, file: null });
  await write('sluice.toml', '[proxy]\nport = 8123\n');
  expect((await check()).stdout).toMatch(/^ok {2}sluice\.toml: .*proxy on 127\.0\.0\.1:8123/);
  await write('sluice.yaml', 'proxy: { port: 8124, prot: 1 }\n');
  expect(await check()).toMatchObject({ code: 1, stdout: expect.stringContaining('sluice.yaml:1:22') as string });
});

test('every file that the configuration names is looked at, unless it is on another machine', async () => {
  const lines = [
    'proxy:',
    '  tls: { port: 0, certificates: [{ certFile: none.pem, keyFile: none.key }] }',
    'management:',
    '  tls: { certFile: managed.pem, keyFile: managed.key }',
    `node: { caFile: ca.pem, filesFolder: ${folder} }`,
    'store: { url: "postgres://u:hunter2@h/d?sslmode=verify-full&sslrootcert=root.pem" }',
    'routes:',
    '  - name: a',
    '    backends: [{ name: b, url: "https://h", tls: { caFile: backend.pem } }]',
    '    transformations: { request: { addHeaders: { authorization: "Bearer ${secret:token}" } } }',
  ];
  await write('sluice.yaml', `${lines.join('\n')}\n`);
  const { code, stdout, stderr } = await check();
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  for (const [line, path, file] of [
    [2, 'proxy.tls.certificates[0].certFile', 'none.pem'],
    [2, 'proxy.tls.certificates[0].keyFile', 'none.key'],
    [4, 'management.tls.certFile', 'managed.pem'],
    [5, 'node.caFile', 'ca.pem'],
    [6, 'store.url', 'root.pem'],
    [9, 'routes[0].backends[0].tls.caFile', 'backend.pem'],
    [10, 'routes[0].transformations.request.addHeaders.authorization', 'token'],
  ] as const) {
    expect(stdout.split('\n')).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^sluice\\.yaml:${line}:\\d+ +${path.replaceAll(/[[\].]/g, '\\$&')} +.*${file}.* cannot be read \\(ENOENT\\)$`,
        ),
      ),
    );
  }
  expect(stdout).toMatch(/\nnot valid {2}sluice\.yaml: 7 problems with the files that it names\n$/);
  expect(stdout).not.toContain('hunter2');
  expect(await check('--without-files')).toMatchObject({ code: 0 });
  expect(JSON.parse((await check('--json')).stdout)).toMatchObject({ ok: false, problems: { length: 7 } });
});

test('a key that does not match, and a certificate that has expired or is not valid yet, are found', async () => {
  const good = pair('good');
  pair('other');
  const crossed = good.replace('good.key', 'other.key');
  await write(
    'sluice.yaml',
    [
      `proxy: { tls: { port: 0, certificates: [{ ${good} }, { ${crossed} }] } }`,
      `management: { tls: { ${crossed} } }`,
      `node: { certFile: ${at('good.pem')}, keyFile: ${at('other.key')} }`,
      '',
    ].join('\n'),
  );
  const { stdout } = await check();
  expect(stdout).toMatch(/certificates\[1\] +the key does not belong to the certificate\n/);
  expect(stdout).toMatch(/management\.tls\.keyFile +\S*other\.key is not the key of \S*good\.pem/);
  expect(stdout).toMatch(/node\.certFile +\S*good\.pem and \S*other\.key do not match/);
  expect(stdout).toContain('3 problems with the files that it names');

  const parsed = parseConfig({ management: { tls: { certFile: at('good.pem'), keyFile: at('good.key') } } });
  assert(parsed.ok);
  const days = (count: number): number => Date.now() + count * 86_400_000;
  expect(await namedFileProblems(parsed.config, days(0))).toEqual([]);
  for (const [now, message] of [
    [days(3), 'expired on'],
    [days(-1), 'is not valid before'],
  ] as const) {
    expect(await namedFileProblems(parsed.config, now)).toEqual([
      { path: ['management', 'tls', 'certFile'], message: expect.stringContaining(`good.pem ${message} 20`) as string },
    ]);
  }
});
