import { randomBytes } from 'node:crypto';
import { readFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryStore, defineCollection, openStore } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { checkBackup, restoreBackup, writeBackup } from './index.ts';

const things = defineCollection<{ name: string }>('routes', { entityId: 'text', name: 'text' });
const passing = defineCollection<{ key: string }>('passing', {}, { transient: true });

let folder: string;
let file: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-backup-'));
  file = join(folder, 'sluice.backup');
  store = createMemoryStore([things, passing]);
  const text = ['ü', '"quoted"', 'line\u2028end', '\\', '👋'];
  await store.commit([
    ...text.map((name, n) => put(`t${n}`, { name, nested: { list: [n, null, true] } })),
    { kind: 'put', collection: passing, id: 'secret', body: { key: 'private' }, expect: 'absent' },
  ]);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function put(id: string, body: { name: string; nested?: object }) {
  return { kind: 'put', collection: things, id, body: body as { name: string }, expect: 'any' } as const;
}

const options = () => ({ file, version: '1.2.3', clock: () => Date.UTC(2026, 0, 1) });

test('a backup restores into another store, byte for byte, without what is transient', async () => {
  const written = await writeBackup(store, options());
  expect(written).toMatchObject({ sluice: '1.2.3', store: 'memory', createdAt: '2026-01-01T00:00:00.000Z' });
  expect(written.collections).toEqual({ routes: 5 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(gunzipSync(await readFile(file)).toString()).not.toContain('private');

  const other = createMemoryStore([things, passing]);
  await other.commit([put('old', { name: 'gone' })]);
  expect(await restoreBackup(other, { file })).toEqual(written);
  expect(await other.find(things, { limit: 10 })).toEqual(await store.find(things, { limit: 10 }));
});

test('it may be restored into another kind of store', async () => {
  await writeBackup(store, options());
  const url = `sqlite:${join(folder, 'other.db')}`;
  const other = await openStore({ url, collections: [things, passing] });
  const seen: string[] = [];
  const adapt = (document: Parameters<NonNullable<Parameters<typeof restoreBackup>[1]['adapt']>>[0]) => {
    seen.push(document.id);
    return document;
  };
  await restoreBackup(other, { file, adapt });
  expect(await other.find(things, { limit: 10 })).toEqual(await store.find(things, { limit: 10 }));
  expect(seen).toHaveLength(5);
  await other.close();
});

const damage: Record<string, (content: Buffer) => Buffer> = {
  'is cut short': (content) => content.subarray(0, content.length - 30),
  'lost its last line': (content) =>
    gzipSync(gunzipSync(content).toString().split('\n').slice(0, -2).join('\n').concat('\n')),
  'lost a document': (content) => gzipSync(gunzipSync(content).toString().split('\n').toSpliced(2, 1).join('\n')),
  'has a letter changed': (content) => gzipSync(gunzipSync(content).toString().replace('quoted', 'quotes')),
  'has an unreadable line': (content) =>
    gzipSync(gunzipSync(content).toString().replace('{"collection"', '{collection')),
  'goes on after its end': (content) => gzipSync(`${gunzipSync(content).toString()}{}\n`),
  'is of a newer format': (content) => gzipSync(gunzipSync(content).toString().replace('"version":1,', '"version":2,')),
  'is something else': () => randomBytes(100),
  'is other text': () => gzipSync('hello\n'),
  'is empty': () => Buffer.alloc(0),
};

test.each(Object.keys(damage))('a backup that %s is refused, and the store stays as it was', async (kind) => {
  await writeBackup(store, options());
  await writeFile(file, damage[kind](await readFile(file)));
  const other = createMemoryStore([things, passing]);
  await other.commit([put('kept', { name: 'kept' })]);
  await expect(restoreBackup(other, { file })).rejects.toThrow(expect.objectContaining({ name: 'BackupError' }));
  await expect(checkBackup(file)).rejects.toThrow(expect.objectContaining({ name: 'BackupError' }));
  expect(await other.find(things, { limit: 10 })).toMatchObject({ total: 1, items: [{ id: 'kept' }] });
});

test('a missing file is the error of the system', async () => {
  await expect(checkBackup(join(folder, 'nothing'))).rejects.toThrow(/ENOENT/);
});

test('when writing fails, what was there stays, and nothing else is left behind', async () => {
  await writeFile(file, 'earlier');
  const failing: Store = {
    ...store,
    dump: async function* () {
      yield* store.dump();
      throw new Error('the store went away');
    },
  };
  await expect(writeBackup(failing, options())).rejects.toThrow('the store went away');
  expect(await readFile(file, 'utf8')).toBe('earlier');
  expect(await readdir(folder)).toEqual(['sluice.backup']);
});
