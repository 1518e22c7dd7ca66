import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { migrations } from '../migrations.ts';
import type { Store, Write } from '../store.ts';
import { ConflictError, StoreUnavailableError } from '../store.ts';
import { check, dumped, notes, put, remove, testCollections, things, trail } from '../testing/subject.ts';
import { openMongodbStore } from './mongodb-driver.ts';
import type { MongodbStore } from './mongodb-store.ts';
import { startFerretdb } from './testing/start-ferretdb.ts';
import type { TestFerretdb } from './testing/start-ferretdb.ts';
import type { Step, Tuning } from './tuning.ts';
import { usualTuning } from './tuning.ts';

let server: TestFerretdb;
let places = 0;

beforeAll(async () => {
  server = await startFerretdb();
});
afterAll(() => server.stop());

/** A place, and a way to open it as often as there are processes. */
function newPlace(): (tuning?: Partial<Tuning>) => Promise<MongodbStore> {
  const url = server.url(`protocol${places++}`);
  return async (tuning = {}) => {
    const options = { url, collections: testCollections };
    const store = await openMongodbStore(options, migrations, { ...usualTuning, ...tuning });
    onTestFinished(() => store.close());
    return store;
  };
}

/** Stops at the nth time that a step is reached: for good, as when the process ends, or until it is let go on. */
function interruption(step: Step, nth = 1) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let times = 0;
  const at = (action: () => Promise<void>) => async (now: Step) => {
    if (now === step && ++times === nth) await action();
  };
  return {
    reached: reached.promise,
    goOn: () => goOn.resolve(),
    crash: at(async () => {
      throw new Error('the process ended');
    }),
    sleep: at(async () => {
      reached.resolve();
      await goOn.promise;
    }),
  };
}

const before: readonly Write[] = [
  put(things, 'kept', { name: 'kept', rank: 1 }),
  put(things, 'changed', { name: 'old', rank: 1 }),
  put(things, 'removed', { name: 'gone', rank: 1 }),
  put(notes, 'note', { round: 1 }),
];
const change: readonly Write[] = [
  put(things, 'changed', { name: 'new', rank: 2 }, 1),
  remove(things, 'removed', 1),
  put(things, 'added', { name: 'gone' }, 'absent'),
  put(notes, 'note', { round: 2 }, 1),
  put(trail, 'entry', { at: 'now' }),
];
const steps: readonly [Step, number, 'nothing' | 'all'][] = [
  ['staged', 1, 'nothing'],
  ['logged', 1, 'all'],
  ['ended', 1, 'all'],
  ['ended', 2, 'all'],
  ['ended', 3, 'all'],
  ['begun', 1, 'all'],
  ['begun', 2, 'all'],
  ['begun', 3, 'all'],
  ['applied', 1, 'all'],
];

async function outcome(): Promise<{ nothing: unknown; all: unknown }> {
  const store = await newPlace()();
  await store.commit(before);
  const nothing = await dumped(store);
  await store.commit(change);
  return { nothing, all: await dumped(store) };
}

describe('a process ends in the middle of a commit', () => {
  test.each(steps)(
    'at "%s" no. %i: %s of it is there, for everyone, at once and later',
    async (step, nth, expected) => {
      const states = await outcome();
      const open = newPlace();
      const first = await open();
      await first.commit(before);
      // Two read meanwhile: one that leaves it to its writer, one that has no patience.
      const patient = await open({ graceMs: 3_600_000 });
      const writer = await open({ reached: interruption(step, nth).crash });
      await expect(writer.commit(change)).rejects.toThrow('the process ended');

      const early = await dumped(patient);
      expect(early).toEqual(step === 'applied' ? states.all : states.nothing);
      const impatient = await open({ graceMs: 0 });
      await impatient.get(notes, 'note');
      expect(await dumped(impatient)).toEqual(states[expected]);
      expect(await dumped(patient)).toEqual(states[expected]);

      await patient.commit([put(notes, 'after', {})]);
      await patient.commit([remove(notes, 'after')]);
      expect(await dumped(first)).toEqual(states[expected]);
      expect(await foundByCommit(patient)).toBe(expected);
      expect(await dumped(first)).toEqual(states.all);
    },
  );

  test('the next writer completes it, after the time that its own writer has', async () => {
    const open = newPlace();
    const writer = await open({ reached: interruption('logged').crash });
    await expect(writer.commit([put(notes, 'a', { n: 1 })])).rejects.toThrow('the process ended');
    const next = await open({ graceMs: 200 });
    const start = performance.now();
    await next.commit([put(notes, 'b', { n: 2 })]);
    expect(performance.now() - start).toBeGreaterThan(200);
    expect(await dumped(next)).toMatchObject([{ id: 'a' }, { id: 'b' }]);
  });
});

describe('a process sleeps in the middle of a commit', () => {
  const late: readonly [Step, number][] = [
    ['logged', 1],
    ['ended', 1],
    ['ended', 3],
    ['begun', 2],
    ['begun', 3],
  ];
  test.each(late)('at "%s" no. %i: when it wakes up it changes nothing of what others did since', async (step, nth) => {
    const open = newPlace();
    const other = await open({ graceMs: 0 });
    await other.commit(before);
    const asleep = interruption(step, nth);
    const writer = await open({ reached: asleep.sleep });
    const commit = writer.commit(change);
    await asleep.reached;

    expect(await other.get(things, 'changed')).toMatchObject({ version: 2 });
    await other.commit([put(things, 'changed', { name: 'newer', rank: 3 }, 2), remove(things, 'added', 1)]);
    await other.commit([remove(notes, 'note', 2), put(notes, 'other', {})]);
    await other.commit([put(things, 'removed', { name: 'back' }, 'absent')]);
    const expected = await dumped(other);
    await trimAll(other);
    asleep.goOn();
    await commit;
    expect(await dumped(other)).toEqual(expected);
    expect(await dumped(writer)).toEqual(expected);
    expect(await leftovers(other)).toBe(0);
  });

  test('before it is logged: somebody else was first, so it looks again', async () => {
    const open = newPlace();
    const other = await open();
    await other.commit(before);
    const asleep = interruption('staged');
    const writer = await open({ reached: asleep.sleep });
    const [refused, fine] = [
      writer.commit([put(notes, 'note', { round: 9 }, 1)]),
      writer.commit([put(notes, 'mine', {}, 'absent'), check(notes, 'note', 2)]),
    ];
    const outcomes = Promise.allSettled([refused, fine]);
    await asleep.reached;
    await other.commit([put(notes, 'note', { round: 2 }, 1)]);
    asleep.goOn();
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { reason: 'version' } },
      { status: 'fulfilled' },
    ]);
    expect(await other.get(notes, 'note')).toMatchObject({ version: 2, body: { round: 2 } });
    expect(await other.get(notes, 'mine')).toMatchObject({ version: 1 });
  });

  test('before it is logged, until its number is forgotten: it takes another one', async () => {
    const open = newPlace();
    const other = await open();
    await other.commit(before);
    const asleep = interruption('staged');
    const writer = await open({ reached: asleep.sleep });
    const commit = writer.commit([put(notes, 'mine', { n: 1 }), put(things, 'mine', { name: 'mine' })]);
    await asleep.reached;
    for (let n = 0; n < 3; n++) await other.commit([put(notes, 'note', { n })]);
    await trimAll(other);
    asleep.goOn();
    await commit;
    expect(await other.get(notes, 'mine')).toMatchObject({ version: 1 });
    expect(await other.get(things, 'mine')).toMatchObject({ version: 1 });
    expect(await (await open()).find(notes, { limit: 10 })).toMatchObject({ total: 2 });
  });
});

describe('the past', () => {
  test('is kept for those who read it, then taken away', async () => {
    const open = newPlace();
    let now = 0;
    const store = await open({ elapsed: () => now, keepMs: 1000 });
    for (let n = 0; n < 10; n++) {
      await store.commit([put(notes, 'a', { n }), n % 2 === 0 ? put(notes, 'b', {}) : remove(notes, 'b')]);
    }
    const reading = store.dump()[Symbol.asyncIterator]();
    expect(await reading.next()).toMatchObject({ value: { id: 'a', body: { n: 9 } } });
    expect(await leftovers(store)).toBeGreaterThan(15);
    await vi.waitFor(async () => {
      now += 2000;
      await store.commit([put(notes, 'a', { n: 'newest' })]);
      expect(await leftovers(store)).toBeLessThan(5);
    });
    await store.close();
    const again = await open();
    expect(await dumped(again)).toMatchObject([{ id: 'a', body: { n: 'newest' } }]);
  });

  test('a dump that takes longer than the past is kept fails, rather than to lack something', async () => {
    const store = await newPlace()();
    await store.commit(Array.from({ length: 600 }, (_, n) => put(notes, `n${n}`, { n })));
    await store.commit([put(things, 'last', {})]);
    const reading = store.dump()[Symbol.asyncIterator]();
    await reading.next();
    await store.commit([remove(notes, 'n599'), remove(things, 'last')]);
    await store.commit([put(notes, 'after', {})]);
    await trimAll(store);
    const rest = async (): Promise<void> => {
      while ((await reading.next()).done !== true);
    };
    await expect(rest()).rejects.toThrow(StoreUnavailableError);
  });

  test('what a load replaced is taken away a day later, what is in use is not', async () => {
    let now = Date.now();
    const store = await newPlace()({ now: () => now });
    await store.commit(before);
    await store.load(store.dump());
    await store.commit([put(notes, 'note', { n: 1 })]);
    await store.commit([put(notes, 'note', { n: 2 })]);
    const tables = async () => {
      const all = await store.database.db.listCollections({}, { nameOnly: true }).toArray();
      return all.filter(({ name }) => name.startsWith('sluice_data_')).length;
    };
    await trimAll(store);
    expect(await tables()).toBe(testCollections.length * 2);
    now += 25 * 3_600_000;
    await trimAll(store);
    expect(await tables()).toBe(testCollections.length);
    expect(await store.get(notes, 'note')).toMatchObject({ body: { n: 2 } });
  });
});

test('four processes that commit at once: each increment counts once, and readers see whole commits', async () => {
  const open = newPlace();
  const [reader, ...writers] = await Promise.all(Array.from({ length: 5 }, () => open()));
  if (reader === undefined) throw new Error('no store was opened');
  await reader.commit([put(notes, 'sum', { n: 0 }), put(things, 'sum', { rank: 0 })]);
  let writing = true;
  const increments = writers.map(async (store) => {
    for (let n = 0; n < 15; n++) await increment(store);
  });
  const reading = (async () => {
    for (let last = 0; writing;) {
      const [sum] = (await dumped(reader)).map(({ body }) => body['n']);
      expect(sum).toBeGreaterThanOrEqual(last);
      last = Number(sum);
    }
  })();
  await Promise.all(increments);
  writing = false;
  await reading;
  expect(await dumped(reader)).toMatchObject([
    { version: 61, body: { n: 60 } },
    { version: 61, body: { rank: 60 } },
  ]);
});

async function increment(store: Store): Promise<void> {
  for (;;) {
    const [note, thing] = [await store.get(notes, 'sum'), await store.get(things, 'sum')];
    const n = Number(note?.body['n']) + 1;
    const rank = Number(thing?.body.rank) + 1;
    try {
      return await store.commit([
        put(notes, 'sum', { n }, note?.version ?? 'absent'),
        put(things, 'sum', { rank }, thing?.version ?? 'absent'),
      ]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** What was there of the change, which is there afterwards: its expectations tell. */
async function foundByCommit(store: Store): Promise<'nothing' | 'all'> {
  try {
    await store.commit(change);
    return 'nothing';
  } catch (error) {
    if (error instanceof ConflictError) return 'all';
    throw error;
  }
}

/** Forgets everything but the last commit. */
async function trimAll(store: MongodbStore): Promise<void> {
  const { sequence } = await store.tips.read();
  await store.trimmer.trim(sequence - 1);
}

/** How many versions there are of what nobody sees any more. */
async function leftovers(store: MongodbStore): Promise<number> {
  const { tableSet } = await store.tips.read();
  const tables = Object.values(tableSet?.tables ?? {}).map((name) => store.database.table(name));
  const all = await Promise.all(tables.map((table) => table.countDocuments({})));
  let seen = 0;
  for (const collection of testCollections) seen += (await store.find(collection, { limit: 1 })).total;
  return all.reduce((sum, count) => sum + count, 0) - seen;
}
