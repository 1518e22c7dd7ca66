import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createCatalogue } from '../catalogue.ts';
import type { Store } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { dumped, notes, put, testCollections, things } from '../testing/subject.ts';
import { migrations } from '../migrations.ts';
import { Connection } from './sqlite-connection.ts';
import { sqliteDriver } from './sqlite-driver.ts';
import { SqliteStore } from './sqlite-store.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function open(path: string): Promise<Store> {
  const store = await sqliteDriver.open({ url: `sqlite:${path}`, collections: testCollections });
  onTestFinished(() => store.close());
  return store;
}

test('folder and files are for the owner alone', async () => {
  const store = await open(join(folder, 'new', 'deep', 'store.db'));
  await store.commit([put(notes, 'a', {})]);
  for (const made of ['new', 'new/deep']) expect((await stat(join(folder, made))).mode & 0o777).toBe(0o700);
  const files = await readdir(join(folder, 'new/deep'));
  expect(files).toEqual(expect.arrayContaining(['store.db', 'store.db-wal']));
  for (const file of files) expect((await stat(join(folder, 'new/deep', file))).mode & 0o777).toBe(0o600);
});

test('the dry run makes no file', async () => {
  const path = join(folder, 'none', 'store.db');
  const pending = await sqliteDriver.pending({ url: `sqlite:${path}`, collections: testCollections });
  expect(pending).toEqual(migrations.map(({ version, name }) => ({ version, name })));
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

test.each(['sqlite:', 'sqlite://', 'sqlite::memory:'])('%s is refused: it names no file', async (url) => {
  await expect(sqliteDriver.open({ url, collections: [] })).rejects.toThrow(/store\.url: a file must follow/);
});

test('a path may begin with two slashes, as in other URLs', async () => {
  await open(`//${join(folder, 'store.db')}`);
  expect(existsSync(join(folder, 'store.db'))).toBe(true);
});

test('a file that is no database is left as it is, and said to be so: waiting would not help', async () => {
  const file = join(folder, 'text');
  const content = 'not a database, but long enough to be taken for one'.repeat(20);
  await writeFile(file, content);
  await expect(open(file)).rejects.toThrow(/is damaged, or is not a SQLite database.*sluice restore/);
  await expect(open(file)).rejects.not.toThrow(StoreUnavailableError);
  expect(await readFile(file, 'utf8')).toBe(content);
});

test('a file that cannot be made is refused as unavailable', async () => {
  const file = join(folder, 'text');
  await writeFile(file, '');
  await expect(open(join(file, 'store.db'))).rejects.toThrow(StoreUnavailableError);
});

test('a file that is taken away while it is in use: nothing is acknowledged that would be lost', async () => {
  const file = join(folder, 'store.db');
  const store = await open(file);
  await store.commit([put(notes, 'a', {})]);
  await rename(file, `${file}.away`);
  await expect(store.commit([put(notes, 'b', {})])).rejects.toThrow(/deleted or replaced while it was in use/);
  await expect(store.get(notes, 'a')).rejects.toThrow(StoreUnavailableError);
  await writeFile(file, 'another');
  await expect(store.commit([put(notes, 'b', {})])).rejects.toThrow(StoreUnavailableError);
  await rename(`${file}.away`, file);
  await store.commit([put(notes, 'b', {})]);
  expect(await store.find(notes, { limit: 10 })).toMatchObject({ total: 2 });
});

test('killed midway: what was acknowledged is there, and nothing is there by half', async () => {
  const path = join(folder, 'store.db');
  const acknowledged: number[] = [];
  for (let round = 0; round < 3; round++) {
    // A writer may be far ahead of what it was heard to acknowledge.
    const writer = startWriter(path, 1_000_000_000 * round);
    const enough = Promise.withResolvers<void>();
    let seen = 0;
    writer.on('message', (n: number) => {
      acknowledged.push(n);
      if (++seen === 30) enough.resolve();
    });
    await enough.promise;
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  const there = await dumped(await open(path));
  const of = (name: string) => there.filter(({ collection }) => collection === name).map(({ id }) => Number(id));
  expect(of('notes')).toEqual(of('things'));
  expect(of('notes')).toEqual(expect.arrayContaining(acknowledged));
});

test('two processes increment at once: nothing is lost', async () => {
  const path = join(folder, 'store.db');
  const store = await open(path);
  await store.commit([put(things, 'counter', { rank: 0 })]);
  const writers = [startIncrementer(path, 25), startIncrementer(path, 25)];
  const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0] as number));
  expect(codes).toEqual([0, 0]);
  expect(await store.get(things, 'counter')).toMatchObject({ version: 51, body: { rank: 50 } });
});

test('a document that is put takes one statement', async () => {
  const file = join(folder, 'store.db');
  await open(file);
  const connection = new CountingConnection(file);
  const store = new SqliteStore(file, createCatalogue(testCollections), connection);
  onTestFinished(() => store.close());
  await store.commit(Array.from({ length: 150 }, (_, n) => put(notes, `n${n}`, {})));
  expect(connection.statements).toBeGreaterThanOrEqual(150);
  expect(connection.statements).toBeLessThan(160);
});

test('a commit of some megabytes waits for the log alone', async () => {
  const file = join(folder, 'store.db');
  const store = await open(file);
  const body = { text: 'x'.repeat(3000) };
  await store.commit(Array.from({ length: 2000 }, (_, n) => put(notes, `n${n}`, body)));
  expect((await stat(file)).size).toBeLessThan(1_000_000);
  expect((await stat(`${file}-wal`)).size).toBeGreaterThan(6_000_000);
});

test('a large commit, a dump and a load let others have their turn', async () => {
  const store = await open(join(folder, 'store.db'));
  const body = { text: 'x'.repeat(1000) };
  const ids = Array.from({ length: 20_000 }, (_, n) => `n${n}`);
  let turns = 0;
  let count: NodeJS.Immediate;
  const takeTurn = (): void => {
    turns++;
    count = setImmediate(takeTurn);
  };
  takeTurn();
  onTestFinished(() => clearImmediate(count));
  const during = async (work: Promise<unknown>): Promise<number> => {
    const before = turns;
    await work;
    return turns - before;
  };
  expect(await during(store.commit(ids.map((id) => put(notes, id, body))))).toBeGreaterThan(20);
  expect(await during(dumped(store))).toBeGreaterThan(20);
  expect(await during(store.load(store.dump()))).toBeGreaterThan(20);
  expect(await store.find(notes, { limit: 1 })).toMatchObject({ total: 20_000 });
});

/** Counts the statements that it runs. */
class CountingConnection extends Connection {
  statements = 0;

  override run(...statement: Parameters<Connection['run']>): ReturnType<Connection['run']> {
    this.statements++;
    return super.run(...statement);
  }
}

function startWriter(path: string, from: number): ChildProcess {
  return fork(new URL('./testing/writer.ts', import.meta.url), [path, 'write', String(from)]);
}

function startIncrementer(path: string, times: number): ChildProcess {
  return fork(new URL('./testing/writer.ts', import.meta.url), [path, 'increment', String(times)]);
}
