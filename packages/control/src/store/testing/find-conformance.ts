import { expect, test } from 'vitest';
import type { Condition, Query } from '../store.ts';
import type { StoreSubject, ThingBody } from './subject.ts';
import { notes, openNew, put, things } from './subject.ts';

const bodies: Readonly<Record<string, ThingBody>> = {
  a: { name: 'anna', rank: 3, active: true, at: '2026-01-01T00:00:00.000Z' },
  b: { name: 'Bert', rank: -1.5, active: false, at: '2026-01-02T00:00:00.000Z' },
  c: { name: 'çelik', rank: 3, active: true, at: '2026-01-02T00:00:00.000Z' },
  d: { rank: 0, at: '2026-01-03T00:00:00.000Z' },
  e: { name: '\u{1F600}', active: false },
  f: { name: '\uFF5E', rank: 9_007_199_254_740_991 },
};

const conditions: readonly [string, Record<string, Condition | undefined>, string][] = [
  ['nothing', {}, 'abcdef'],
  ['a text', { name: 'anna' }, 'a'],
  ['a text, which is case-sensitive', { name: 'bert' }, ''],
  ['a number', { rank: 3 }, 'ac'],
  ['a number of 2^53-1', { rank: 9_007_199_254_740_991 }, 'f'],
  ['a negative fraction', { rank: -1.5 }, 'b'],
  ['zero, which is not absent', { rank: 0 }, 'd'],
  ['true', { active: true }, 'ac'],
  ['false, which is not absent', { active: false }, 'be'],
  ['one of several texts', { name: { in: ['anna', 'çelik', 'nobody', "o'hara"] } }, 'ac'],
  ['one of several numbers', { rank: { in: [0, -1.5] } }, 'bd'],
  ['one of none', { rank: { in: [] } }, ''],
  ['at least', { rank: { atLeast: 0 } }, 'acdf'],
  ['below, which is without the bound', { rank: { below: 3 } }, 'bd'],
  ['between numbers', { rank: { atLeast: -1.5, below: 3 } }, 'bd'],
  ['between times', { at: { atLeast: '2026-01-02', below: '2026-01-03' } }, 'bc'],
  ['no bounds, which is to have it', { at: {} }, 'abcd'],
  ['two fields', { rank: 3, at: { atLeast: '2026-01-02' } }, 'c'],
  ['a condition that is left out', { rank: undefined, name: 'anna' }, 'a'],
  ['an id', { id: 'b' }, 'b'],
  ['several ids', { id: { in: ['a', 'f', 'z'] } }, 'af'],
  ['ids from one on', { id: { atLeast: 'd' } }, 'def'],
  ['text with NUL, which nothing has', { name: 'an\0na' }, ''],
  ['a lone surrogate, which nothing has', { name: { in: ['\uD800', 'anna'] } }, 'a'],
  ['what looks like SQL', { name: "'; DROP TABLE things; --" }, ''],
];

// Absent first; text in order of code points, so capitals first, and U+1F600 after U+FF5E.
const orders: readonly [string, string][] = [
  ['id', 'abcdef'],
  ['name', 'dbacfe'],
  ['rank', 'ebdacf'],
  ['active', 'dfbeac'],
  ['at', 'efabcd'],
];

/** Conditions, order, pages. */
export function findConformance(subject: StoreSubject): void {
  const open = async () => {
    const { store } = await openNew(subject);
    await store.commit(Object.entries(bodies).map(([id, body]) => put(things, id, body)));
    return async (query: Partial<Query>) => {
      const { items, total } = await store.find(things, { limit: 100, ...query });
      return { ids: items.map(({ id }) => id).join(''), total };
    };
  };

  test.each(conditions)('by %s', async (_what, where, ids) => {
    const find = await open();
    expect(await find({ where })).toEqual({ ids, total: ids.length });
  });

  test.each(orders)('by %s, and backwards, is the same order reversed', async (orderBy, ids) => {
    const find = await open();
    const backwards = ids.split('').toReversed().join('');
    expect(await find({ orderBy })).toEqual({ ids, total: 6 });
    expect(await find({ orderBy, descending: true })).toEqual({ ids: backwards, total: 6 });
  });

  test('pages: the total is of all pages, and beyond the last one there is nothing', async () => {
    const find = await open();
    expect(await find({ limit: 2 })).toEqual({ ids: 'ab', total: 6 });
    expect(await find({ limit: 2, offset: 4 })).toEqual({ ids: 'ef', total: 6 });
    expect(await find({ limit: 4, offset: 4 })).toEqual({ ids: 'ef', total: 6 });
    expect(await find({ limit: 2, offset: 6 })).toEqual({ ids: '', total: 6 });
    const where = { rank: { atLeast: 0 } };
    expect(await find({ where, limit: 2, offset: 1, orderBy: 'rank', descending: true })).toEqual({
      ids: 'ca',
      total: 4,
    });
  });

  test('what was changed is found by what it is now', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', { name: 'old', rank: 1, active: true })]);
    await store.commit([put(things, 'a', { name: 'new' })]);
    expect(await store.find(things, { where: { name: 'old' }, limit: 1 })).toEqual({ items: [], total: 0 });
    expect(await store.find(things, { where: { rank: 1 }, limit: 1 })).toEqual({ items: [], total: 0 });
    const found = await store.find(things, { where: { name: 'new' }, limit: 1 });
    expect(found).toEqual({ items: [{ id: 'a', version: 2, body: { name: 'new' } }], total: 1 });
  });

  test('null in a field is the same as absent', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', { name: null }), put(things, 'b', { name: 'b' })]);
    const { items } = await store.find(things, { orderBy: 'name', limit: 10 });
    expect(items).toMatchObject([{ id: 'a', body: { name: null } }, { id: 'b' }]);
  });

  test.each<[string, Partial<Query>, RegExp]>([
    ['a field that is not one', { where: { body: 'x' } }, /"body"/],
    ['an order by what is no field', { orderBy: 'rank; DROP TABLE things' }, /DROP TABLE/],
    ['a property that every object has', { where: { constructor: 'x' } }, /constructor/],
    ['a value of another type', { where: { rank: '3' } }, /rank/],
    ['one of several of another type', { where: { name: { in: [3] } } }, /name/],
    ['a bound of another type', { where: { rank: { below: '3' } } }, /rank/],
    ['no limit', { limit: 0 }, /limit/],
    ['too high a limit', { limit: 1001 }, /limit/],
    ['a negative offset', { offset: -1 }, /offset/],
  ])('refuses %s', async (_what, query, message) => {
    const { store } = await openNew(subject);
    await expect(store.find(things, { limit: 10, ...query })).rejects.toThrow(message);
  });

  test('refuses a collection that it was not opened with', async () => {
    const { store } = await openNew(subject, [notes]);
    await expect(store.find(things, { limit: 10 })).rejects.toThrow(/things/);
    await expect(store.get(things, 'a')).rejects.toThrow(/things/);
    await expect(store.commit([put(things, 'a', {})])).rejects.toThrow(/things/);
  });
}
