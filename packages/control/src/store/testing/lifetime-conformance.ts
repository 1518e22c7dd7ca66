import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { dumped, notes, openNew, put, things } from './subject.ts';

/** What is written stays; what is closed says so. */
export function lifetimeConformance(subject: StoreSubject): void {
  if (subject.persistent) durability(subject);

  test('closing twice is closing once', async () => {
    const { store } = await openNew(subject);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await expect(store.get(notes, 'a')).rejects.toThrow(StoreUnavailableError);
  });

  test('a commit that was under way when the store was closed happened, or was refused', async () => {
    const { store, reopen } = await openNew(subject);
    const commits = Array.from({ length: 5 }, (_, n) => store.commit([put(notes, `n${n}`, {})]));
    const closing = store.close();
    const outcomes = await Promise.allSettled(commits);
    await closing;
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreUnavailableError);
    if (!subject.persistent) return;
    const acknowledged = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [`n${n}`] : []));
    const there = (await dumped(await reopen())).map(({ id }) => id);
    expect(there).toEqual(expect.arrayContaining(acknowledged));
  });

  test('a closed store says so, whatever is asked', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(notes, 'a', {})]);
    await store.close();
    const source = async function* () {};
    const questions = [
      () => store.get(notes, 'a'),
      () => store.find(notes, { limit: 1 }),
      () => store.commit([put(notes, 'b', {})]),
      () => dumped(store),
      () => store.load(source()),
    ];
    for (const question of questions) {
      const asked = question();
      await expect(asked).rejects.toThrow(StoreUnavailableError);
      await expect(asked).rejects.toThrow('the store is closed');
    }
  });
}

function durability(subject: StoreSubject): void {
  test('what was written is there when the store is opened again', async () => {
    const { store, reopen } = await openNew(subject);
    await store.commit([put(things, 'a', { name: 'x', rank: 1 }), put(notes, 'n', {})]);
    await store.commit([put(things, 'a', { name: 'y' }, 1)]);
    const before = await dumped(store);
    await store.close();
    const again = await reopen();
    expect(await dumped(again)).toEqual(before);
    expect(await again.find(things, { where: { name: 'y' }, limit: 1 })).toMatchObject({ total: 1 });
    await again.commit([put(things, 'a', {}, 2)]);
  });

  test('two that have the same store open see what the other one writes', async () => {
    const { store, reopen } = await openNew(subject);
    const other = await reopen();
    await store.commit([put(notes, 'a', { by: 'one' }, 'absent')]);
    expect(await other.get(notes, 'a')).toMatchObject({ body: { by: 'one' } });
    await other.commit([put(notes, 'a', { by: 'other' }, 1)]);
    await expect(store.commit([put(notes, 'a', {}, 1)])).rejects.toMatchObject({ reason: 'version' });
    expect(await store.get(notes, 'a')).toMatchObject({ version: 2, body: { by: 'other' } });
  });
}
