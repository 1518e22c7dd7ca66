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
