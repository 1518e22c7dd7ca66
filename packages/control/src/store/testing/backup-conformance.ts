import { expect, test } from 'vitest';
import type { Dumped, Write } from '../store.ts';
import { ConflictError } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { dumped, notes, openNew, put, things, trail, visits } from './subject.ts';

/** Dumps are of one moment, loads are all or nothing. */
export function backupConformance(subject: StoreSubject): void {
  dumps(subject);
  loads(subject);
}

function dumps(subject: StoreSubject): void {
  test('a dump has every document that is not transient, by collection and id', async () => {
    const { store } = await openNew(subject);
    await store.commit([
      put(trail, 'b', { at: '2' }),
      put(trail, 'a', { at: '1' }),
      put(visits, 'v', {}),
      put(notes, '\uFF5E', {}),
      put(notes, '\u{1F600}', {}),
      put(things, 'Z', { name: 'z' }),
      put(things, 'a', {}),
    ]);
    await store.commit([put(things, 'a', { rank: 2 })]);
    expect(await dumped(store)).toEqual([
      { collection: 'notes', id: '\uFF5E', version: 1, body: {} },
      { collection: 'notes', id: '\u{1F600}', version: 1, body: {} },
      { collection: 'things', id: 'Z', version: 1, body: { name: 'z' } },
      { collection: 'things', id: 'a', version: 2, body: { rank: 2 } },
      { collection: 'trail', id: 'a', version: 1, body: { at: '1' } },
      { collection: 'trail', id: 'b', version: 1, body: { at: '2' } },
    ]);
  });

  test('a dump is of one moment, though commits go on', async () => {
    const { store } = await openNew(subject);
    const everything = (round: number): Write[] =>
      Array.from({ length: 3000 }, (_, i) => put(i % 2 === 0 ? notes : things, `n${i}`, { round }));
    await store.commit(everything(0));
    const seen: Dumped[] = [];
    for await (const document of store.dump()) {
      seen.push(document);
      if (seen.length % 1000 === 1) {
        await store.commit([...everything(seen.length), put(things, `later${seen.length}`, {})]);
      }
    }
    expect(seen).toHaveLength(3000);
    expect(new Set(seen.map(({ body }) => body['round']))).toEqual(new Set([0]));
  });

  test('a dump can be given up, again and again', async () => {
    const { store } = await openNew(subject);
    await store.commit(Array.from({ length: 1500 }, (_, i) => put(notes, `n${i}`, {})));
    for (let time = 0; time < 30; time++) {
      for await (const { collection } of store.dump()) {
        expect(collection).toBe('notes');
        break;
      }
    }
    await store.commit([put(notes, 'after', {})]);
    expect(await dumped(store)).toHaveLength(1501);
  });
}

function loads(subject: StoreSubject): void {
  test('what was dumped is loaded into another store, versions included', async () => {
    const [from, to] = [(await openNew(subject)).store, (await openNew(subject)).store];
    const names = Array.from({ length: 2500 }, (_, i) => `t${i}`);
    await from.commit(names.map((name, rank) => put(things, name, { name, rank, active: rank % 3 === 0 })));
    await from.commit([put(things, 't7', { name: 'seven' }), put(trail, 'a', { at: '1' })]);
    await to.commit([put(things, 'mine', { name: 't8' }), put(visits, 'v', {}), put(trail, 'b', { at: '2' })]);
    await to.load(from.dump());
    expect(await dumped(to)).toEqual(await dumped(from));
    expect(await to.get(visits, 'v')).toBeUndefined();
    expect(await to.find(things, { where: { active: true }, limit: 1 })).toMatchObject({ total: 834 });
    await expect(to.commit([put(things, 'new', { name: 'seven' })])).rejects.toMatchObject({ reason: 'unique' });
    await to.commit([put(things, 't7', { name: 't7' }, 2)]);
  });

  test('an empty load leaves nothing', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'a', {}), put(visits, 'v', {})]);
    await store.load(documents([]));
    expect(await dumped(store)).toEqual([]);
    expect(await store.get(visits, 'v')).toBeUndefined();
  });

  const good: Dumped = { collection: 'things', id: 'good', version: 1, body: { name: 'good' } };
  test.each<[string, unknown, RegExp]>([
    ['of an unknown collection', { ...good, collection: 'users' }, /users/],
    ['of a transient collection', { ...good, collection: 'visits' }, /visits/],
    ['that is there twice', good, /good/],
    ['with a unique value that is taken', { ...good, id: 'other' }, /name/],
    ['with an impossible id', { ...good, id: '' }, /id/],
    ['with an impossible version', { ...good, id: 'b', version: 0 }, /version/],
    ['with a field of another type', { ...good, id: 'b', body: { rank: 'x' } }, /rank/],
  ])('a document %s fails the load, and everything is as it was', async (_what, bad, message) => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'mine', {}), put(visits, 'v', {})]);
    const before = await dumped(store);
    await expect(store.load(documents([good, bad as Dumped]))).rejects.toThrow(message);
    expect(await dumped(store)).toEqual(before);
    expect(await store.get(visits, 'v')).toBeDefined();
    await store.commit([put(notes, 'after', {})]);
  });

  test('a source that fails halfway leaves everything as it was', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'mine', {})]);
    const source = async function* (): AsyncIterable<Dumped> {
      for (let n = 0; n < 2500; n++) yield { collection: 'notes', id: `n${n}`, version: 1, body: {} };
      throw new Error('the file is torn');
    };
    await expect(store.load(source())).rejects.toThrow('the file is torn');
    expect(await dumped(store)).toEqual([{ collection: 'notes', id: 'mine', version: 1, body: {} }]);
  });

  test('while a load goes on the old documents are read, and commits happen before or after', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'mine', { old: true })]);
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const source = async function* (): AsyncIterable<Dumped> {
      yield { collection: 'notes', id: 'mine', version: 5, body: { old: false } };
      reached.resolve();
      await goOn.promise;
      yield { collection: 'notes', id: 'other', version: 1, body: {} };
    };
    const load = store.load(source());
    await reached.promise;
    expect(await store.get(notes, 'mine')).toMatchObject({ version: 1, body: { old: true } });
    const commit = store.commit([put(notes, 'mine', { old: true, late: true }, 1)]).then(
      () => 'before',
      (error: unknown) => {
        expect(error).toBeInstanceOf(ConflictError);
        return 'after';
      },
    );
    goOn.resolve();
    await Promise.all([load, commit]);
    expect(['before', 'after']).toContain(await commit);
    expect(await dumped(store)).toMatchObject([{ id: 'mine', version: 5, body: { old: false } }, { id: 'other' }]);
  });
}

async function* documents(list: readonly Dumped[]): AsyncIterable<Dumped> {
  yield* list;
}
