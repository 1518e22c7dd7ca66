import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'config-file-'));
});
afterAll(() => rm(cwd, { recursive: true }));

async function load(env: Record<string, string>, text = '') {
  await writeFile(join(cwd, 'sluice.yaml'), text);
  return loadConfig({ file: 'sluice.yaml' }, { cwd, env, stdout: new PassThrough(), stderr: new PassThrough() });
}

test('the variables that people know set their keys, above the file and below SLUICE__', async () => {
  await writeFile(join(cwd, 'secret'), `${'s'.repeat(32)}\n`);
  const env = {
    DATABASE_URL: 'postgres://db/sluice',
    REDIS_URL: 'redis://r:6379',
    SLUICE__REDIS__URL: 'redis://other:6379',
    JWT_SECRET_FILE: join(cwd, 'secret'),
    SLUICE_ADMIN_PASSWORD: 'correct horse',
    SLUICE_JOIN_TOKEN: 'join-token-of-16',
  };
  expect(await load(env, 'store: { url: "memory:" }\naccess: { adminPassword: from a file of mine }')).toMatchObject({
    ok: true,
    config: {
      store: { url: 'postgres://db/sluice' },
      redis: { url: 'redis://other:6379' },
      access: { jwtSecret: 's'.repeat(32), adminPassword: 'correct horse' },
      node: { joinToken: 'join-token-of-16' },
    },
    files: [join(cwd, 'sluice.yaml'), join(cwd, 'secret')],
  });
});

test('a wrong value is reported with the name of the variable and without the value', async () => {
  const result = await load({ DATABASE_URL: 'mysql://root:hunter2@db/x', JWT_SECRET: 'hunter2' });
  expect(result).toMatchObject({
    ok: false,
    problems: [
      { source: 'DATABASE_URL', path: ['store', 'url'], message: matching(/^mysql is not supported/) },
      { source: 'JWT_SECRET', path: ['access', 'jwtSecret'], message: matching(/at least 32 bytes/) },
    ],
  });
  expect(JSON.stringify(result)).not.toContain('hunter2');
});

test('PORT and HOST, as platforms set them, are above the file and below SLUICE__', async () => {
  const file = 'proxy: { host: 127.0.0.2, port: 1 }';
  const read = async (env: Record<string, string>) => {
    const result = await load(env, file);
    if (!result.ok) return result.problems;
    const { host, port } = result.config.proxy;
    return [host, port, result.originOf(['proxy', 'port'])];
  };
  expect(await read({})).toEqual(['127.0.0.2', 1, 'sluice.yaml']);
  expect(await read({ PORT: '3000', HOST: '0.0.0.0' })).toEqual(['0.0.0.0', 3000, 'PORT']);
  expect(await read({ PORT: '3000', SLUICE__PROXY__PORT: '4000' })).toEqual(['127.0.0.2', 4000, 'SLUICE__PROXY__PORT']);
  expect(await read({ PORT: '', HOST: '' })).toEqual(['127.0.0.2', 1, 'sluice.yaml']);
  expect(await read({ PORT: '3000x' })).toMatchObject([{ source: 'PORT', path: ['proxy', 'port'] }]);
});

test.each(['my-laptop', 'my-laptop.local', 'host7', 'gate.example.com'])(
  'HOST=%s is the name of the machine, as some shells export it, and not where to listen',
  async (HOST) => {
    expect(await load({ HOST })).toMatchObject({ ok: true, config: { proxy: { host: '127.0.0.1' } } });
  },
);

test.each(['localhost', '0.0.0.0', '::', '::1', '10.0.0.1'])('HOST=%s says where to listen', async (HOST) => {
  expect(await load({ HOST })).toMatchObject({ ok: true, config: { proxy: { host: HOST } } });
});

test.each([
  ['SLUICE_PROXY_PORT', 'SLUICE__PROXY__PORT'],
  ['SLUICE_PORT', 'SLUICE__PROXY__PORT'],
  ['SLUICE_PROXY_TRUSTED_PROXIES', 'SLUICE__PROXY__TRUSTED_PROXIES'],
  ['SLUICE_ROLE', 'SLUICE__ROLE'],
  ['SLUICE_STORE_URL', 'SLUICE__STORE__URL'],
  ['SLUICE_ADMIN_PASSWRD', 'SLUICE_ADMIN_PASSWORD'],
  ['SLUICE_JOINTOKEN_FILE', 'SLUICE_JOIN_TOKEN_FILE'],
  ['SLUICE_TOKN', 'SLUICE_TOKEN'],
])('%s is refused with the right name, %s', async (wrong, right) => {
  expect(await load({ [wrong]: 'secret' })).toEqual({
    ok: false,
    problems: [{ path: [], source: wrong, message: matching(new RegExp(`(write|did you mean) ${right}\\??$`)) }],
    files: [join(cwd, 'sluice.yaml')],
  });
});

test('the other variables of Sluice and those of Kubernetes are no near misses', async () => {
  const env = {
    SLUICE_URL: 'http://127.0.0.1:5000',
    SLUICE_TOKEN_FILE: '/run/token',
    SLUICE_API_KEY: 'key',
    SLUICE_PASSWORD: 'secret',
    SLUICE_PROXY_PORT: 'tcp://10.0.0.1:8000',
    SLUICE_PROXY_SERVICE_PORT: '8000',
    SLUICE_VERSION: '1.2',
  };
  expect(await load(env)).toMatchObject({ ok: true, config: { proxy: { port: 8000 } } });
});

test.each(['password', 'PasswordPassword', 'aaaaaaaaaaaaaa'])(
  'an admin password that the API would refuse is refused, and not repeated: %s',
  async (password) => {
    const result = await load({ SLUICE_ADMIN_PASSWORD: password });
    const message = matching(/^(must have at least 12 characters|is too easy to guess)$/);
    expect(result).toMatchObject({
      ok: false,
      problems: [{ source: 'SLUICE_ADMIN_PASSWORD', path: ['access', 'adminPassword'], message }],
    });
    expect(JSON.stringify(result)).not.toContain(password);
  },
);

test('two stores are refused, unless SLUICE__STORE__URL says which', async () => {
  const env = { DATABASE_URL: 'postgres://db/sluice', MONGODB_URL: 'mongodb://db/sluice' };
  expect(await load(env)).toMatchObject({
    ok: false,
    problems: [{ source: 'MONGODB_URL', message: 'is set by DATABASE_URL too; keep one of the two' }],
  });
  expect(await load({ ...env, SLUICE__STORE__URL: 'memory:' })).toMatchObject({
    ok: true,
    config: { store: { url: 'memory:' } },
  });
});

test('parts of a backend of a route can be set from outside', async () => {
  const file = 'routes: [{ name: r, backends: [{ name: a, url: "http://127.0.0.1:9001" }] }]';
  expect(await load({ SLUICE__ROUTES__0__BACKENDS__0__WEIGHT: '50' }, file)).toMatchObject({
    ok: true,
    config: { routes: [{ backends: [{ weight: 50 }] }] },
  });
});

/** `expect.stringMatching` without its `any`. */
function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
