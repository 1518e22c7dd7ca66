import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Store } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { dumped, notes, put, testCollections, things } from '../testing/subject.ts';
import { mongodbDriver } from './mongodb-driver.ts';
import { startFerretdb } from './testing/start-ferretdb.ts';
import type { TestFerretdb } from './testing/start-ferretdb.ts';

let server: TestFerretdb;
const log = { info: vi.fn<(message: string) => void>(), warn: vi.fn<(message: string) => void>() };

beforeEach(async () => {
  server = await startFerretdb();
});
afterEach(() => server.stop());

async function open(): Promise<Store> {
  const store = await mongodbDriver.open({ url: server.url('sluice'), collections: testCollections, log });
  onTestFinished(() => store.close());
  return store;
}

test('killed midway: what was acknowledged is there, what was not is there whole or not at all, and the store recovers', async () => {
  const [store, other] = [await open(), await open()];
  const acknowledged: number[] = [];
  const failures: unknown[] = [];
  let next = 0;
  let writing = true;
  const write = async (into: Store): Promise<void> => {
    while (writing) {
      const n = next++;
      try {
        await into.commit([put(notes, `n${n}`, { n }, 'absent'), put(things, `t${n}`, { name: `t${n}` }, 'absent')]);
        acknowledged.push(n);
      } catch (error) {
        failures.push(error);
        // As a caller would: not again at once.
        await pause(5);
      }
    }
  };
  const writers = [store, other, store, other].map(write);
  const progress = async (): Promise<void> => {
    const from = acknowledged.length;
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(from + 10));
  };
  for (let round = 0; round < 3; round++) {
    await progress();
    const failed = failures.length;
    await server.kill();
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(failed));
    await server.restart();
  }
  await progress();
  writing = false;
  await Promise.all(writers);

  for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailableError);
  const there = await dumped(store);
  expect(await dumped(other)).toEqual(there);
  const [asNotes, asThings] = ['notes', 'things'].map((name) =>
    there.filter(({ collection }) => collection === name).map(({ id }) => id.slice(1)),
  );
  expect(asNotes).toEqual(asThings);
  expect(asNotes).toEqual(expect.arrayContaining(acknowledged.map(String)));
});

test('while the server is away everything is refused in time; the loss and the return are told', async () => {
  const store = await open();
  await store.commit([put(notes, 'a', {})]);
  await server.kill();
  const start = performance.now();
  await Promise.all([
    expect(store.get(notes, 'a')).rejects.toThrow(StoreUnavailableError),
    expect(store.find(notes, { limit: 1 })).rejects.toThrow(StoreUnavailableError),
    expect(store.commit([put(notes, 'b', {})])).rejects.toThrow(StoreUnavailableError),
    expect(dumped(store)).rejects.toThrow(StoreUnavailableError),
    expect(mongodbDriver.pending({ url: server.url('x'), collections: [] })).rejects.toThrow(StoreUnavailableError),
  ]);
  expect(performance.now() - start).toBeLessThan(8000);
  await vi.waitFor(() => expect(log.warn).toHaveBeenCalledWith('the connection to MongoDB is lost', expect.anything()));
  await server.restart();
  await vi.waitFor(() =>
    expect(log.info).toHaveBeenCalledWith('the connection to MongoDB works again', expect.anything()),
  );
  expect(await store.get(notes, 'a')).toMatchObject({ version: 1 });
});
