import { expect, test } from 'vitest';
import type { Body, Json } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { dumped, notes, openNew, put, things } from './subject.ts';

const ids: readonly string[] = [
  'a/b',
  "o'hara",
  '"quoted"',
  'percent%20_like%',
  'back\\slash',
  ' leading and trailing ',
  'línea\nnueva\t',
  '$where',
  '..',
  '__proto__',
  'constructor',
  'null',
  '日本語',
  '\u{1F600}',
  '\u00E9',
  'e\u0301',
  'A',
  'a',
  'x'.repeat(256),
  '日'.repeat(256),
];

const bodies: Readonly<Record<string, Body>> = {
  'nothing at all': {},
  'empty values': { a: {}, b: [], c: '', d: null, e: [[], {}] },
  'keys with $ and .': { $set: { 'a.b': 1 }, '.': 2, '': 3, 'a.b.c': { $: 4 }, $where: 'x' },
  'keys that objects have': JSON.parse('{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}') as Body,
  'id, _id, version and body': { id: 'x', _id: 'y', version: 'z', body: 'w' },
  'large and small numbers': { max: 2 ** 53 - 1, min: -(2 ** 53 - 1), tiny: 5e-324, huge: 1.797e308, third: 1 / 3 },
  'numbers that are whole': { one: 1, million: 1e6, int32: 2 ** 31, negative: -(2 ** 31) - 1, big: 1e21 },
  'text of all kinds': {
    quotes: `'"\``,
    nul: 'a\0b',
    lines: '\r\n\u2028',
    emoji: '\u{1F468}\u200D\u{1F469}',
    rtl: 'שלום',
  },
  'NUL in a key': { 'a\0b': 1 },
  'what looks like other types': { date: '2026-01-01T00:00:00.000Z', json: '{"a":1}', true: 'true', number: '007' },
  'order of keys': { z: 1, a: 2, m: { y: 1, b: 2 }, 10: 'ten', 2: 'two' },
  'deep nesting': nested(500),
  'a long list': { list: Array.from({ length: 10_000 }, (_, i) => i) },
  'one megabyte': { text: 'ä'.repeat(500_000) },
};

/** Odd ids, odd bodies; what cannot be kept is refused by name. */
export function bodyConformance(subject: StoreSubject): void {
  test('odd ids are kept as they are', async () => {
    const { store } = await openNew(subject);
    await store.commit(ids.map((id, n) => put(things, id, { n, name: id }, 'absent')));
    for (const [n, id] of ids.entries()) {
      expect(await store.get(things, id)).toEqual({ id, version: 1, body: { n, name: id } });
      expect((await store.find(things, { where: { name: id }, limit: 10 })).items).toMatchObject([{ id }]);
    }
    const { items } = await store.find(things, { limit: 1000 });
    expect(items.map(({ id }) => id)).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(257)],
    ['with NUL', 'a\0b'],
    ['with a lone surrogate', 'a\uD800'],
  ])('an id that is %s is refused, and nothing has it', async (_what, id) => {
    const { store } = await openNew(subject);
    await expect(store.commit([put(notes, id, {})])).rejects.toThrow(RangeError);
    expect(await store.get(notes, id)).toBeUndefined();
    expect(await store.find(notes, { where: { id }, limit: 1 })).toEqual({ items: [], total: 0 });
  });

  test.each(Object.entries(bodies))('a body with %s is kept as it is', async (_what, body) => {
    const { store, reopen } = await openNew(subject);
    await store.commit([put(notes, 'a', body)]);
    const again = subject.persistent ? await reopen() : store;
    for (const kept of [
      await store.get(notes, 'a'),
      (await again.find(notes, { limit: 1 })).items[0],
      (await dumped(again))[0],
    ]) {
      // As text, so that the order of keys counts.
      expect(JSON.stringify(kept?.body)).toBe(JSON.stringify(body));
    }
  });

  test('properties that are undefined are left out', async () => {
    const { store } = await openNew(subject);
    await store.commit([put(things, 'a', { name: undefined, other: undefined, n: 1 })]);
    expect(await store.get(things, 'a')).toStrictEqual({ id: 'a', version: 1, body: { n: 1 } });
  });

  test('what a caller does with a body afterwards does not change what is stored', async () => {
    const { store } = await openNew(subject);
    const body = { list: [1, 2, 3], inner: { a: 1 } };
    const commit = store.commit([put(notes, 'a', body)]);
    body.list.push(4);
    body.inner.a = 2;
    await commit;
    const read = await store.get<typeof body>({ ...notes, body }, 'a');
    attempt(() => read?.body.list.push(5));
    attempt(() => Object.assign(read?.body.inner ?? {}, { a: 3 }));
    expect(await store.get(notes, 'a')).toMatchObject({ body: { list: [1, 2, 3], inner: { a: 1 } } });
  });

  test.each<[string, Json]>([
    ['text in a field of numbers', { rank: 'high' }],
    ['a number in a field of text', { at: 5 }],
    ['an object in a field', { name: {} }],
    ['what is not a number', { rank: NaN }],
    ['NUL in a field', { at: 'a\0b' }],
    ['more than 512 characters in a field', { at: 'x'.repeat(513) }],
  ])('%s is refused with the field named', async (_what, body) => {
    const { store } = await openNew(subject);
    const [field] = Object.keys(body as Body);
    await expect(store.commit([put(notes, 'n', {}), put(things, 'a', body as Body)])).rejects.toThrow(
      `things: ${field}`,
    );
    expect(await dumped(store)).toEqual([]);
  });

  test('fields may have 512 characters of any kind, also unique ones', async () => {
    const { store } = await openNew(subject);
    const name = '日'.repeat(512);
    await store.commit([put(things, 'x'.repeat(256), { name, at: name })]);
    expect(await store.find(things, { where: { name, at: name }, limit: 1 })).toMatchObject({ total: 1 });
    await expect(store.commit([put(things, 'b', { name })])).rejects.toMatchObject({ reason: 'unique', field: 'name' });
  });
}

function nested(depth: number): Body {
  let body: Body = { leaf: true };
  for (let level = 0; level < depth; level++) body = { in: body };
  return body;
}

/** A change that may be refused, because the body is frozen. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
