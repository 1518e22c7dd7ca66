import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkFolders } from './check-folders.ts';
import { checkSecretFiles } from './check-secret-files.ts';
import { linesOf } from './testing/check-input.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(cwd, { recursive: true }));

test('folders: one that is there is written to and left as it was, one that is not can be created', async () => {
  expect(await linesOf(checkFolders, { cwd })).toEqual([`ok: ${cwd}/.sluice can be created`]);
  await mkdir(join(cwd, '.sluice'));
  expect(await linesOf(checkFolders, { cwd })).toEqual([`ok: ${cwd}/.sluice can be written to`]);
  expect(await readdir(join(cwd, '.sluice'))).toEqual([]);
});

test('folders: one that cannot be is told with the keys that lead there', async () => {
  await writeFile(join(cwd, '.sluice'), 'a file where a folder should be');
  expect(await linesOf(checkFolders, { cwd })).toEqual([
    expect.stringMatching(/^fail: .*\/\.sluice cannot be written to \(ENOTDIR\)\. .*store\.url, node\.snapshotFile$/),
  ]);
});

test('folders: a database elsewhere and routes in the file need none', async () => {
  const routes = [{ name: 'r', backends: [{ name: 'a', url: 'http://192.0.2.1' }] }];
  expect(await linesOf(checkFolders, { cwd, config: { store: { url: 'memory:' }, routes } })).toEqual([]);
});

test('secrets: a file that everybody can read is named, with what to do', async () => {
  const file = join(cwd, 'password');
  await writeFile(file, 'secret');
  await chmod(file, 0o644);
  const env = { SLUICE_ADMIN_PASSWORD_FILE: 'password', SLUICE__MANAGEMENT__TLS__CERT_FILE: 'public' };
  expect(await linesOf(checkSecretFiles, { cwd, env })).toEqual([
    `warn: everybody on this machine can read ${file} (SLUICE_ADMIN_PASSWORD_FILE). chmod 600 ${file}`,
  ]);
  await chmod(file, 0o640);
  expect(await linesOf(checkSecretFiles, { cwd, env })).toEqual(['ok: 1 file, none readable by everybody']);
  expect(await linesOf(checkSecretFiles, { cwd })).toEqual([]);
});

test('secrets: the key of a certificate, one that is missing, and those of a container', async () => {
  await writeFile(join(cwd, 'node.key'), 'key');
  await chmod(join(cwd, 'node.key'), 0o604);
  const config = { management: { tls: { certFile: 'a', keyFile: 'node.key' } } };
  const env = { REDIS_URL_FILE: 'gone', SLUICE__NODE__JOINTOKEN_FILE: '/run/secrets/token' };
  expect(await linesOf(checkSecretFiles, { cwd, config, env })).toEqual([
    expect.stringMatching(/^fail: .*\/gone \(REDIS_URL_FILE\) cannot be read: ENOENT/),
    expect.stringMatching(/^warn: everybody .*\/node\.key \(management\.tls\.keyFile\)/),
  ]);
});

test('secrets: the files of policies, but not those with certificates and public keys', async () => {
  const login = {
    type: 'oidc',
    issuer: 'https://id.test',
    clientId: 'web',
    publicUrl: 'https://shop.test',
    clientSecretFile: 'client',
    cookieSecretFile: 'cookie',
    caFile: 'ca',
  };
  const methods = [{ type: 'jwt', publicKeyFile: 'public', algorithms: ['RS256'] }, login] as never;
  const route = { name: 'r', authentication: { methods }, backends: [{ name: 'a', url: 'http://192.0.2.1' }] };
  expect(await linesOf(checkSecretFiles, { cwd, config: { routes: [route] } })).toEqual([
    expect.stringContaining('/client (routes.r.authentication.methods[1].clientSecretFile) cannot be read'),
    expect.stringContaining('/cookie (routes.r.authentication.methods[1].cookieSecretFile) cannot be read'),
  ]);
});
