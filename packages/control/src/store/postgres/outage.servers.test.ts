import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Store } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { dumped, notes, put, testCollections, things } from '../testing/subject.ts';
import { postgresDriver } from './postgres-driver.ts';
import { startPostgres } from './testing/start-postgres.ts';
import type { TestPostgres } from './testing/start-postgres.ts';

let server: TestPostgres;
const log = { info: vi.fn<(message: string) => void>(), warn: vi.fn<(message: string) => void>() };

beforeEach(async () => {
  server = await startPostgres();
});
afterEach(() => server.stop());

async function open(): Promise<Store> {
  const store = await postgresDriver.open({ url: server.url('sluice'), collections: testCollections, log });
  onTestFinished(() => store.close());
  return store;
}

test('killed midway: what was acknowledged is there, what was not is there whole or not at all, and the store recovers', async () => {
  const store = await open();
  const acknowledged: number[] = [];
  const failures: unknown[] = [];
  let next = 0;
  let writing = true;
  const write = async (): Promise<void> => {
    while (writing) {
      const n = next++;
      try {
        await store.commit([put(notes, `n${n}`, { n }, 'absent'), put(things, `t${n}`, { name: `t${n}` }, 'absent')]);
        acknowledged.push(n);
      } catch (error) {
        failures.push(error);
        // As a caller would: not again at once.
        await pause(5);
      }
    }
  };
  const writers = Array.from({ length: 8 }, write);
  for (let round = 0; round < 3; round++) {
    const before = acknowledged.length;
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 50));
    const failed = failures.length;
    await server.kill();
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(failed));
    await server.restart();
  }
  const recovered = acknowledged.length;
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(recovered + 50));
  writing = false;
  await Promise.all(writers);

  for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailableError);
  const there = await dumped(store);
  const [asNotes, asThings] = ['notes', 'things'].map((name) =>
    there.filter(({ collection }) => collection === name).map(({ id }) => id.slice(1)),
  );
  expect(asNotes).toEqual(asThings);
  expect(new Set(asNotes)).toEqual(new Set([...(asNotes ?? []), ...acknowledged.map(String)]));
  expect(log.warn.mock.calls.length).toBeGreaterThan(0);
  expect(log.info).toHaveBeenCalledWith('the store answers again');
});

test('while the server is away everything is refused as unavailable; afterwards reads work at once', async () => {
  const store = await open();
  await store.commit([put(notes, 'a', { n: 1 })]);
  await server.kill();
  const source = async function* () {};
  for (const asked of [
    () => store.get(notes, 'a'),
    () => store.find(notes, { limit: 1 }),
    () => store.commit([put(notes, 'a', {})]),
    () => dumped(store),
    () => store.load(source()),
  ]) {
    await expect(asked()).rejects.toThrow(StoreUnavailableError);
  }
  await server.restart();
  expect(await store.get(notes, 'a')).toEqual({ id: 'a', version: 1, body: { n: 1 } });
  await store.commit([put(notes, 'a', {}, 1)]);
});

test('a restart between two questions is not noticed, though all idle connections died', async () => {
  const store = await open();
  await store.commit([put(notes, 'a', {})]);
  await Promise.all(Array.from({ length: 8 }, () => store.get(notes, 'a')));
  await server.kill();
  await server.restart();
  await store.commit([put(notes, 'a', {}, 1)]);
  expect(await Promise.all(Array.from({ length: 8 }, () => store.get(notes, 'a')))).toMatchObject(
    Array.from({ length: 8 }, () => ({ version: 2 })),
  );
});

test('a server killed during a dump or a load: both reject, and nothing was loaded', async () => {
  const store = await open();
  await store.commit(Array.from({ length: 1000 }, (_, n) => put(notes, `n${n}`, {})));
  const dump = (async () => {
    for await (const { id } of store.dump()) if (id === 'n0') await server.kill();
  })();
  await expect(dump).rejects.toThrow(StoreUnavailableError);
  await server.restart();
  const source = async function* () {
    yield { collection: 'notes', id: 'loaded', version: 1, body: {} };
    await server.kill();
  };
  await expect(store.load(source())).rejects.toThrow(StoreUnavailableError);
  await server.restart();
  expect(await store.find(notes, { limit: 1 })).toMatchObject({ total: 1000 });
});

test('a server that stands still is given up in time', async () => {
  const store = await open();
  await store.commit([put(notes, 'a', {})]);
  await server.pause();
  onTestFinished(() => server.resume());
  const started = performance.now();
  await Promise.all([
    expect(store.get(notes, 'a')).rejects.toThrow(StoreUnavailableError),
    expect(store.commit([put(notes, 'a', {})])).rejects.toThrow(StoreUnavailableError),
  ]);
  expect(performance.now() - started).toBeLessThan(20_000);
  await server.resume();
  expect(await store.get(notes, 'a')).toMatchObject({ version: 1 });
});

test('opening while the server is away is refused as unavailable, without the password', async () => {
  const url = server.url().replace('postgres@', 'postgres:hunter2@');
  await server.kill();
  const opened = postgresDriver.open({ url, collections: testCollections });
  await expect(opened).rejects.toThrow(StoreUnavailableError);
  await expect(opened).rejects.toThrow(/ECONNREFUSED/);
  await expect(opened).rejects.not.toThrow(/hunter2/);
});

test('a dump that nobody goes on with does not keep the store from closing', async () => {
  const store = await open();
  await store.commit([put(notes, 'a', {}), put(notes, 'b', {})]);
  const dump = store.dump()[Symbol.asyncIterator]();
  await dump.next();
  await store.close();
  await expect(store.get(notes, 'a')).rejects.toThrow('the store is closed');
});
