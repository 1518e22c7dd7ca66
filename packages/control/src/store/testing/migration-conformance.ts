import { expect, onTestFinished, test } from 'vitest';
import { defineCollection } from '../collections.ts';
import type { Migration } from '../migrations.ts';
import type { Collection, Store } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { createPlace, notes, put, testCollections, things } from './subject.ts';

const first: Migration = { version: 1, name: 'first collections', steps: [{ kind: 'collections' }] };

// The same collection before and after a release that finds documents by colour and shape too.
const plain = defineCollection('boxes', { size: 'number' });
const coloured = defineCollection('boxes', { size: 'number', colour: 'text', shape: 'text' }, { unique: ['colour'] });
const lids = defineCollection('lids', { size: 'number' });
const second: Migration = {
  version: 2,
  name: 'boxes have colours',
  steps: [
    { kind: 'rewrite', collection: 'boxes', rewrite: (body) => ({ ...body, shape: 'square' }) },
    { kind: 'addField', collection: 'boxes', field: 'colour' },
    { kind: 'addField', collection: 'boxes', field: 'shape' },
  ],
};
const third: Migration = { version: 3, name: 'lids', steps: [{ kind: 'addCollection', collection: 'lids' }] };

/** Versioned, forward only, one at a time, with a dry run. */
export function migrationConformance(subject: StoreSubject): void {
  const prepare = async () => {
    const { url } = await createPlace(subject);
    const at = (migrations: readonly Migration[], collections: readonly Collection[]) => {
      const driver = subject.driver(migrations);
      return {
        pending: () => driver.pending({ url, collections }),
        open: async (): Promise<Store> => {
          const store = await driver.open({ url, collections });
          onTestFinished(() => store.close());
          return store;
        },
      };
    };
    return { url, at };
  };

  test('the dry run tells what is to come, and changes nothing', async () => {
    const { at } = await prepare();
    const program = at([first], [plain]);
    expect(await program.pending()).toEqual([{ version: 1, name: 'first collections' }]);
    expect(await program.pending()).toEqual([{ version: 1, name: 'first collections' }]);
    await program.open();
    expect(await program.pending()).toEqual([]);
  });

  test('a new release adds fields and collections, and finds what was there by them', async () => {
    const { at } = await prepare();
    const old = await at([first], [plain]).open();
    await old.commit(Array.from({ length: 1200 }, (_, i) => put(plain, `b${i}`, { size: i, colour: `c${i}` })));
    await old.commit([put(plain, 'b5', { size: 5 })]);
    await old.close();

    const program = at([first, second, third], [coloured, lids]);
    expect(await program.pending()).toEqual([
      { version: 2, name: 'boxes have colours' },
      { version: 3, name: 'lids' },
    ]);
    const store = await program.open();
    expect(await store.find(coloured, { where: { shape: 'square' }, limit: 1 })).toMatchObject({ total: 1200 });
    expect(await store.find(coloured, { where: { colour: 'c7' }, limit: 2 })).toEqual({
      items: [{ id: 'b7', version: 1, body: { size: 7, colour: 'c7', shape: 'square' } }],
      total: 1,
    });
    expect(await store.get(coloured, 'b5')).toEqual({ id: 'b5', version: 2, body: { size: 5, shape: 'square' } });
    await expect(store.commit([put(coloured, 'new', { colour: 'c7' })])).rejects.toMatchObject({ field: 'colour' });
    await store.commit([put(lids, 'l', { size: 1 })]);
    expect(await store.find(lids, { where: { size: 1 }, limit: 1 })).toMatchObject({ total: 1 });
  });

  test('a new store goes through all migrations and ends up the same', async () => {
    const { at } = await prepare();
    const program = at([first, second, third], [coloured, lids]);
    expect((await program.pending()).map(({ version }) => version)).toEqual([1, 2, 3]);
    const store = await program.open();
    await store.commit([put(coloured, 'b', { colour: 'red', shape: 'round' }), put(lids, 'l', {})]);
    expect(await store.find(coloured, { where: { colour: 'red' }, limit: 1 })).toMatchObject({ total: 1 });
    expect(await program.pending()).toEqual([]);
  });

  test('a migration that fails leaves the store as it was', async () => {
    const { at } = await prepare();
    const old = await at([first], [plain]).open();
    await old.commit([put(plain, 'a', { colour: 'red' }), put(plain, 'b', { colour: 'red' })]);
    await old.close();
    const program = at([first, second], [coloured]);
    await expect(program.open()).rejects.toThrow(/migration 2.*boxes have colours/);
    expect(await program.pending()).toEqual([{ version: 2, name: 'boxes have colours' }]);
    const again = await at([first], [plain]).open();
    expect(await again.get(plain, 'a')).toEqual({ id: 'a', version: 1, body: { colour: 'red' } });
    await again.commit([put(plain, 'c', { size: 1 })]);
  });

  test('five that open a new store at once migrate it once', async () => {
    const { at } = await prepare();
    const program = at([first, second, third], [coloured, lids]);
    const stores = await Promise.all(Array.from({ length: 5 }, () => program.open()));
    await Promise.all(stores.map((store, n) => store.commit([put(lids, `l${n}`, {}, 'absent')])));
    expect(await stores[0]?.find(lids, { limit: 10 })).toMatchObject({ total: 5 });
  });

  test('a store that is newer than the program is refused', async () => {
    const { at } = await prepare();
    await (await at([first, second], [coloured]).open()).close();
    const old = at([first], [plain]);
    await expect(old.open()).rejects.toThrow(/newer version of Sluice.*migration 2 \(boxes have colours\).*knows 1/);
    await expect(old.pending()).rejects.toThrow(/newer/);
  });

  test('a collection or field that no migration brings is refused, not made silently', async () => {
    const { at } = await prepare();
    await (await at([first], [plain]).open()).close();
    await expect(at([first], [plain, lids]).open()).rejects.toThrow(/lacks the collection lids/);
    await expect(at([first], [coloured]).open()).rejects.toThrow(/lacks the field boxes\.colour/);
    await expect(at([first], [coloured]).pending()).rejects.toThrow(/lacks the field boxes\.colour/);
  });

  test('the real migrations bring the collections they are given', async () => {
    const { url } = await createPlace(subject);
    const told: string[] = [];
    const log = {
      info: (message: string) => void told.push(message),
      warn: (message: string) => void told.push(message),
    };
    const store = await subject.driver().open({ url, collections: testCollections, log });
    onTestFinished(() => store.close());
    await store.commit([put(things, 'a', { name: 'a' }), put(notes, 'n', {})]);
    expect(told.join('\n')).toContain('migration');
    expect(await subject.driver().pending({ url, collections: testCollections })).toEqual([]);
  });
}
