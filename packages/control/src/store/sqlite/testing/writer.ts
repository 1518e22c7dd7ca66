/**
 * A process that writes: `write FROM` commits pairs of documents for ever and reports the number of each that was
 * acknowledged; `increment TIMES` adds to the counter that often, and ends.
 */
import { defineCollection } from '../../collections.ts';
import { ConflictError } from '../../store.ts';
import type { Store } from '../../store.ts';
import { createSqliteDriver } from '../sqlite-driver.ts';

// As in the suite, which cannot be loaded outside of a test.
const things = defineCollection<{ readonly rank: number }>(
  'things',
  { name: 'text', rank: 'number', active: 'boolean', at: 'text' },
  { unique: ['name'] },
);
const notes = defineCollection('notes', {});
const trail = defineCollection('trail', { at: 'text' }, { appendOnly: true });
const visits = defineCollection('visits', { at: 'text' }, { transient: true });

const [path = '', what = '', number = ''] = process.argv.slice(2);
const store = await createSqliteDriver().open({ url: `sqlite:${path}`, collections: [things, notes, trail, visits] });
await (what === 'write' ? writeFrom(store, Number(number)) : increment(store, Number(number)));
await store.close();
process.disconnect();

async function writeFrom(to: Store, from: number): Promise<void> {
  for (let n = from; ; n++) {
    const [id, body] = [String(n), { rank: n }];
    await to.commit([
      { kind: 'put', collection: notes, id, body, expect: 'absent' },
      { kind: 'put', collection: things, id, body, expect: 'absent' },
    ]);
    process.send?.(n);
  }
}

async function increment(to: Store, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const counter = await to.get(things, 'counter');
    if (counter === undefined) throw new Error('there is no counter');
    const body = { rank: counter.body.rank + 1 };
    try {
      await to.commit([{ kind: 'put', collection: things, id: 'counter', body, expect: counter.version }]);
      done++;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
