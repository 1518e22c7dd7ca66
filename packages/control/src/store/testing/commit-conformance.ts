import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { ConflictError } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { check, dumped, notes, openNew, put, remove, things, trail, visits } from './subject.ts';

/** All or nothing, expectations, unique fields, append-only collections, several writers at once. */
export function commitConformance(subject: StoreSubject): void {
  expectations(subject);
  uniqueFields(subject);
  appendOnly(subject);
  severalWriters(subject);
}

function expectations(subject: StoreSubject): void {
  test('a document starts with version 1, and each put makes one more', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'a', { n: 1 }, 'absent')]);
    expect(await store.get(notes, 'a')).toEqual({ id: 'a', version: 1, body: { n: 1 } });
    await store.commit([put(notes, 'a', { n: 2 }, 1)]);
    await store.commit([put(notes, 'a', { n: 3 })]);
    expect(await store.get(notes, 'a')).toEqual({ id: 'a', version: 3, body: { n: 3 } });
    await store.commit([remove(notes, 'a', 3)]);
    expect(await store.get(notes, 'a')).toBeUndefined();
    await store.commit([put(notes, 'a', {}, 'absent')]);
    expect(await store.get(notes, 'a')).toMatchObject({ version: 1 });
  });

  test.each([
    ['a put of another version', put(things, 'here', {}, 2), 'version'],
    ['a put of a version of what is not there', put(things, 'gone', {}, 1), 'missing'],
    ['a put of what must be new and is there', put(things, 'here', {}, 'absent'), 'exists'],
    ['a removal of another version', remove(things, 'here', 7), 'version'],
    ['a removal of a version of what is not there', remove(things, 'gone', 1), 'missing'],
    ['a check of another version', check(things, 'here', 2), 'version'],
    ['a check of a version of what is not there', check(things, 'gone', 1), 'missing'],
    ['a check that something is absent', check(things, 'here', 'absent'), 'exists'],
  ])('%s conflicts, and nothing of the commit is written', async (_what, write, reason) => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'here', { name: 'here' }), put(notes, 'old', {})]);
    const before = await dumped(store);
    const refused = store.commit([put(notes, 'new', {}), remove(notes, 'old'), put(visits, 'new', {}), write]);
    await expect(refused).rejects.toThrow(ConflictError);
    await expect(refused).rejects.toMatchObject({ collection: 'things', id: write.id, reason });
    expect(await dumped(store)).toEqual(before);
    expect(await store.get(visits, 'new')).toBeUndefined();
  });

  test('checks that hold change nothing', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'a', {}, 'absent')]);
    await store.commit([check(notes, 'a', 1), check(notes, 'b', 'absent'), check(notes, 'c', 'any')]);
    await store.commit([check(notes, 'a', 1), check(notes, 'b', 'absent'), put(notes, 'd', {})]);
    expect(await dumped(store)).toMatchObject([
      { id: 'a', version: 1 },
      { id: 'd', version: 1 },
    ]);
  });

  test('taking away what is not there is nothing; so is an empty commit', async () => {
    const { store } = await openNew(subject);
    await store.commit([remove(notes, 'a'), remove(notes, 'b', 'absent')]);
    await store.commit([]);
    expect(await dumped(store)).toEqual([]);
  });

  test('of several failing expectations the first one is told', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'z', {}), put(things, 'a', {})]);
    const refused = store.commit([
      put(notes, 'new', {}),
      put(notes, 'z', {}, 'absent'),
      put(things, 'a', {}, 'absent'),
    ]);
    await expect(refused).rejects.toMatchObject({ collection: 'notes', id: 'z' });
  });

  test('a document occurs once in a commit', async () => {
    const { store } = await openNew(subject);
    await expect(store.commit([put(notes, 'a', {}), check(notes, 'a', 'any')])).rejects.toThrow(/notes\/a.*twice/);
    expect(await store.get(notes, 'a')).toBeUndefined();
  });

  test('the same id in two collections is two documents', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'a', { n: 1 }), put(things, 'a', { n: 2 })]);
    await store.commit([remove(notes, 'a')]);
    expect(await store.get(things, 'a')).toMatchObject({ body: { n: 2 } });
  });
}

function uniqueFields(subject: StoreSubject): void {
  test('a unique value that is taken conflicts, with the field named', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', { name: 'x' })]);
    const refused = store.commit([
      put(notes, 'n', {}),
      put(things, 'b', { name: 'x' }),
      put(things, 'c', { name: 'y' }),
    ]);
    await expect(refused).rejects.toThrow(ConflictError);
    await expect(refused).rejects.toMatchObject({ collection: 'things', id: 'b', reason: 'unique', field: 'name' });
    expect(await dumped(store)).toMatchObject([{ collection: 'things', id: 'a' }]);
  });

  test('two documents of one commit cannot hold the same value', async () => {
    const { store } = await openNew(subject);
    const refused = store.commit([put(things, 'a', { name: 'x' }), put(things, 'b', { name: 'x' })]);
    await expect(refused).rejects.toMatchObject({ collection: 'things', reason: 'unique', field: 'name' });
    expect(await dumped(store)).toEqual([]);
  });

  test('what counts is who holds a value after the commit: values may change hands', async () => {
    const { store } = await openNew(subject);
    await store.commit(['a', 'b', 'c'].map((id) => put(things, id, { name: id })));
    await store.commit([put(things, 'a', { name: 'b' }), put(things, 'b', { name: 'a' })]);
    await store.commit([put(things, 'd', { name: 'c' }), remove(things, 'c')]);
    const { items } = await store.find(things, { orderBy: 'name', limit: 10 });
    expect(items.map(({ id, body }) => `${id}:${body.name}`)).toEqual(['b:a', 'a:b', 'd:c']);
  });

  test('a document keeps its own value, and lets it go with the document', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', { name: 'x' })]);
    await store.commit([put(things, 'a', { name: 'x', rank: 1 }, 1)]);
    await store.commit([remove(things, 'a')]);
    await store.commit([put(things, 'b', { name: 'x' }, 'absent')]);
    await store.commit([put(things, 'b', {}), put(things, 'c', { name: 'x' })]);
    expect(await store.get(things, 'c')).toMatchObject({ version: 1 });
  });

  test('documents that lack a unique field do not count', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', {}), put(things, 'b', {}), put(things, 'c', { name: '' })]);
    await expect(store.commit([put(things, 'd', { name: '' })])).rejects.toMatchObject({ reason: 'unique' });
    expect(await dumped(store)).toHaveLength(3);
  });
}

function appendOnly(subject: StoreSubject): void {
  test('an entry of an append-only collection is neither changed nor taken away', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(trail, 'a', { at: '1' }, 'absent'), put(trail, 'b', { at: '2' })]);
    const changes = [
      put(trail, 'a', { at: '9' }),
      put(trail, 'a', { at: '9' }, 1),
      remove(trail, 'a'),
      remove(trail, 'a', 1),
    ];
    for (const change of changes) {
      const refused = store.commit([put(notes, 'n', {}), change]);
      await expect(refused).rejects.toMatchObject({ collection: 'trail', id: 'a', reason: 'append-only' });
    }
    await expect(store.commit([put(trail, 'a', { at: '9' }, 'absent')])).rejects.toMatchObject({ reason: 'exists' });
    expect(await dumped(store)).toMatchObject([{ body: { at: '1' } }, { body: { at: '2' } }]);
  });

  test('retention takes entries away', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(trail, 'a', { at: '1' }), put(trail, 'b', { at: '2' })]);
    await store.commit([{ kind: 'remove', collection: trail, id: 'a', expect: 'any', retention: true }]);
    expect(await dumped(store)).toMatchObject([{ id: 'b' }]);
  });
}

function severalWriters(subject: StoreSubject): void {
  test('20 increments at once, each tried again on a conflict, make exactly 20', async () => {
    const { store, reopen } = await openNew(subject);
    const stores = subject.persistent ? [store, await reopen()] : [store];
    await store.commit([put(notes, 'counter', { n: 0 })]);
    const conflicts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => increment(stores[i % stores.length] ?? store)),
    );
    expect(await store.get(notes, 'counter')).toEqual({ id: 'counter', version: 21, body: { n: 20 } });
    expect(conflicts.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  });

  test('of 20 that create the same document at once, one wins', async () => {
    const { store } = await openNew(subject);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => store.commit([put(notes, `n${i}`, {}), put(notes, 'one', { i }, 'absent')])),
    );
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(reasons(outcomes)).toEqual(Array.from({ length: 19 }, () => 'notes/one: exists'));
    expect(await dumped(store)).toMatchObject([{ id: `n${winner}` }, { id: 'one', body: { i: winner } }]);
  });

  test('of 20 that claim the same unique value at once, one wins', async () => {
    const { store } = await openNew(subject);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => store.commit([put(things, `t${i}`, { name: 'one' })])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(reasons(outcomes).filter((reason) => /^things\/t\d+: unique name$/.test(reason))).toHaveLength(19);
    expect(await store.find(things, { limit: 10 })).toMatchObject({ total: 1 });
  });

  test('no write skew: of two that each check what the other changes, one conflicts', async () => {
    const { store } = await openNew(subject);
    for (let round = 1; round <= 10; round++) {
      await store.commit([put(notes, `a${round}`, {}), put(notes, `b${round}`, {})]);
      const outcomes = await Promise.allSettled([
        store.commit([check(notes, `a${round}`, 1), put(notes, `b${round}`, {}, 1)]),
        store.commit([check(notes, `b${round}`, 1), put(notes, `a${round}`, {}, 1)]),
      ]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  test('no write skew over what is absent: of two that each create what the other one checks, one conflicts', async () => {
    const { store } = await openNew(subject);
    for (let round = 1; round <= 10; round++) {
      const outcomes = await Promise.allSettled([
        store.commit([check(notes, `a${round}`, 'absent'), put(notes, `b${round}`, {}, 'absent')]),
        store.commit([check(notes, `b${round}`, 'absent'), put(notes, `a${round}`, {}, 'absent')]),
      ]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  test('commits over the same documents in different orders all happen', async () => {
    const { store } = await openNew(subject);
    const ids = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const commits = Array.from({ length: 12 }, (_, i) => [...ids.slice(i), ...ids.slice(0, i)]);
    await Promise.all(commits.map((order) => store.commit(order.map((id) => put(notes, id, { last: order[0] })))));
    const { items } = await store.find(notes, { limit: 100 });
    expect(new Set(items.map(({ version }) => version))).toEqual(new Set([12]));
    expect(new Set(items.map(({ body }) => body['last'])).size).toBe(1);
  });

  test('a commit of thousands of writes is one commit', async () => {
    const { store } = await openNew(subject);
    const { largeCommit = 20_000 } = subject;
    const ids = Array.from({ length: largeCommit }, (_, i) => `t${String(i).padStart(5, '0')}`);
    await store.commit(ids.map((id, rank) => put(things, id, { name: id, rank, active: rank % 2 === 0 }, 'absent')));
    expect(await store.find(things, { where: { active: true }, limit: 1 })).toMatchObject({ total: largeCommit / 2 });
    const changes = ids.map((id, rank) => (rank % 4 === 0 ? remove(things, id, 1) : put(things, id, { rank }, 1)));
    await expect(store.commit([...changes, check(notes, 'none', 1)])).rejects.toMatchObject({ reason: 'missing' });
    expect(await store.find(things, { where: { active: true }, limit: 1 })).toMatchObject({ total: largeCommit / 2 });
    await store.commit(changes);
    expect(await store.find(things, { limit: 2 })).toMatchObject({
      total: (3 * largeCommit) / 4,
      items: [
        { id: 't00001', version: 2, body: { rank: 1 } },
        { id: 't00002', version: 2, body: { rank: 2 } },
      ],
    });
  });

  test('nobody sees half of a commit', async () => {
    const { store } = await openNew(subject);
    const ids = Array.from({ length: 500 }, (_, i) => `n${i}`);
    await store.commit(ids.map((id) => put(notes, id, { round: 0 })));
    let writing = true;
    const writer = (async () => {
      for (let round = 1; round <= 5; round++) await store.commit(ids.map((id) => put(notes, id, { round })));
      writing = false;
    })();
    do {
      // Some stores answer without waiting for anything: the writer has to get a turn.
      await nextRound();
      const { items } = await store.find(notes, { limit: 1000 });
      expect(new Set(items.map(({ body }) => body['round'])).size).toBe(1);
    } while (writing);
    await writer;
  });
}

/** Why those that failed did. */
function reasons(outcomes: readonly PromiseSettledResult<void>[]): readonly string[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []));
}

/** Adds one to the counter, and gives how many conflicts there were on the way. */
async function increment(store: Store): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    const counter = await store.get(notes, 'counter');
    if (counter === undefined) throw new Error('there is no counter');
    try {
      await store.commit([put(notes, 'counter', { n: Number(counter.body['n']) + 1 }, counter.version)]);
      return conflicts;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
