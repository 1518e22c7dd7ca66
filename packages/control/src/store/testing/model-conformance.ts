import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../memory/memory-store.ts';
import type { Body, Condition, Query, Store, Write } from '../store.ts';
import { ConflictError } from '../store.ts';
import type { StoreSubject } from './subject.ts';
import { dumped, openNew, testCollections, things, trail, visits } from './subject.ts';

const text = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'ab', 'b', 'é', '\uFF5E', '\u{1F600}', "'", '%'),
  fc.string({ unit: 'binary', maxLength: 4 }).filter((value) => value.isWellFormed() && !value.includes('\0')),
);
const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const fields = { name: text, rank: number, active: fc.boolean(), at: text };
const body = fc.record({ ...fields, extra: fc.jsonValue() }, { requiredKeys: [] });

const id = fc.constantFrom('a', 'b', 'c', 'd', '\uFF5E', '\u{1F600}');
const expectation = fc.oneof(
  { weight: 3, arbitrary: fc.constant<'any'>('any') },
  { weight: 1, arbitrary: fc.constantFrom<(number | 'absent')[]>('absent', 1, 2, 3) },
);
const collection = fc.constantFrom(things, things, visits, trail);
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    kind: fc.constant<'put'>('put'),
    collection,
    id,
    expect: expectation,
    body: body.map((value) => JSON.parse(JSON.stringify(value)) as Body),
  }),
  fc.record({ kind: fc.constant<'remove'>('remove'), collection, id, expect: expectation }),
  fc.record({ kind: fc.constant<'check'>('check'), collection, id, expect: expectation }),
);
const commit = fc.uniqueArray(write, {
  selector: ({ collection: { name }, id: which }) => `${name}/${which}`,
  maxLength: 6,
});

const bounds = <T>(value: fc.Arbitrary<T>) => fc.record({ atLeast: value, below: value }, { requiredKeys: [] });
const conditionsOf = <T extends string | number>(value: fc.Arbitrary<T>): fc.Arbitrary<Condition> =>
  fc.oneof(value, fc.record({ in: fc.array(value, { maxLength: 3 }) }), bounds(value));
const query: fc.Arbitrary<Query> = fc.record(
  {
    where: fc.record(
      { id: conditionsOf(id), name: conditionsOf(text), rank: conditionsOf(number), active: fc.boolean() },
      { requiredKeys: [] },
    ),
    orderBy: fc.constantFrom('id', 'name', 'rank', 'active', 'at'),
    descending: fc.boolean(),
    limit: fc.integer({ min: 1, max: 5 }),
    offset: fc.integer({ min: 0, max: 4 }),
  },
  { requiredKeys: ['limit'] },
);

/** Any commits and any questions have the same outcome as in the store in memory, which is short enough to be read. */
export function modelConformance(subject: StoreSubject): void {
  test('ends as in memory', async () => {
    const { store } = await openNew(subject);
    await fc.assert(
      fc.asyncProperty(
        fc.array(commit, { maxLength: 8 }),
        fc.array(query, { maxLength: 5 }),
        async (commits, queries) => {
          const model = createMemoryStore(testCollections);
          await store.load(model.dump());
          for (const writes of commits) {
            expect(await outcome(store, writes)).toEqual(await outcome(model, writes));
          }
          for (const asked of queries) expect(await store.find(things, asked)).toEqual(await model.find(things, asked));
          expect(await store.find(visits, { limit: 10 })).toEqual(await model.find(visits, { limit: 10 }));
          expect(await dumped(store)).toEqual(await dumped(model));
        },
      ),
      { numRuns: 60 },
    );
  });
}

/** What a commit came to. Which of several documents claims a taken value first is not promised. */
async function outcome(store: Store, writes: readonly Write[]): Promise<unknown> {
  try {
    await store.commit(writes);
    return 'done';
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const { collection: where, id: which, reason, field } = error;
    return reason === 'unique' ? { where, reason, field } : { where, which, reason };
  }
}
