import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { migrations } from './migrations.ts';
import { openStore, pendingMigrations } from './open-store.ts';
import { notes, put, testCollections } from './testing/subject.ts';

const run = promisify(execFile);
const collections = testCollections;

test('the scheme of the URL says which store it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  const url = `sqlite:${join(folder, 'store.db')}`;
  expect(await pendingMigrations({ url, collections })).toHaveLength(migrations.length);
  const [file, memory] = [await openStore({ url, collections }), await openStore({ url: 'MEMORY:', collections })];
  onTestFinished(async () => {
    await file.close();
    await rm(folder, { recursive: true });
  });
  await file.commit([put(notes, 'a', {})]);
  expect([file.kind, memory.kind]).toEqual(['sqlite', 'memory']);
  expect(await memory.get(notes, 'a')).toBeUndefined();
  expect(await pendingMigrations({ url, collections })).toEqual([]);
  expect(await pendingMigrations({ url: 'memory:', collections })).toEqual([]);
});

test.each([
  ['mysql://root:hunter2@h/db', /mysql: is not known/],
  ['constructor:hunter2', /constructor: is not known/],
  ['hunter2', /has no scheme/],
  ['', /has no scheme/],
])('%s is refused with what there is, and without what may be a password', async (url, message) => {
  for (const asked of [openStore({ url, collections }), pendingMigrations({ url, collections })]) {
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.toThrow(/sqlite:PATH, memory:, postgres:\/\//);
    await expect(asked).rejects.not.toThrow(/hunter2/);
  }
});

test('a package that is not installed is named, with how to install it', async () => {
  // A Node that finds no pg, as if it looked for it from a folder without node_modules.
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) =>
      next(name, name === 'pg' ? { ...context, parentURL: 'file:///elsewhere/store.js' } : context) });`;
  const script = `import { openStore } from ${JSON.stringify(new URL('open-store.ts', import.meta.url).href)};
    await openStore({ url: 'postgres://u:hunter2@h/db', collections: [] }).catch((error) => console.log(error.message));`;
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, '--input-type=module', '-e', script];
  const { stdout } = await run(process.execPath, flags);
  expect(stdout).toBe('a store of postgres: needs the package pg: npm install pg\n');
});
