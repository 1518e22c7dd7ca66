import type { PreparedWrite } from '../prepare-commit.ts';
import { ConflictError } from '../store.ts';
import type { Head } from './head.ts';
import { tableOf } from './head.ts';
import type { Database, FieldKey, VersionRecord } from './records.ts';
import { fieldKey, visibleAt } from './records.ts';

// How many values a question has at most.
const questionSize = 1000;

/** What is there of a document before a commit. */
export type Present = Pick<VersionRecord, '_id' | 'id' | 'version' | 'commit' | 'part'>;

/** What is there before a commit, by collection and id. */
export type Presence = ReadonlyMap<string, ReadonlyMap<string, Present>>;

interface State {
  readonly database: Database;
  readonly head: Head;
}

/** Finds what is there of the documents of a commit. */
export async function findPresent(state: State, writes: readonly PreparedWrite[]): Promise<Presence> {
  const byCollection = Map.groupBy(writes, ({ collection }) => collection.name);
  const entries = [...byCollection].map(async ([name, own]) => {
    const wanted = new Set(own.map(({ id }) => id));
    const present = new Map<string, Present>();
    for await (const version of among<Present>(state, name, {
      path: 'id',
      values: [...wanted],
      content: ['version', 'commit', 'part'],
    })) {
      if (wanted.has(version.id)) present.set(version.id, version);
    }
    return [name, present] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Rejects with a ConflictError when a unique value would be held twice once all of these were written. */
export async function refuseTaken(state: State, writes: readonly PreparedWrite[]): Promise<void> {
  const changes = writes.filter(({ kind }) => kind !== 'check');
  const byCollection = Map.groupBy(changes, ({ collection }) => collection);
  for (const [{ name, unique }, own] of byCollection) {
    for (const field of unique) await refuseTakenOf(state, own, { collection: name, field });
  }
}

async function refuseTakenOf(
  state: State,
  writes: readonly PreparedWrite[],
  { collection, field }: { readonly collection: string; readonly field: string },
): Promise<void> {
  const claims = new Map<unknown, PreparedWrite>();
  for (const write of writes) {
    const value = write.fields[field] ?? null;
    if (value === null) continue;
    if (claims.has(value)) throw taken(write, field);
    claims.set(value, write);
  }
  const letGo = new Set(writes.map(({ id }) => id));
  const path = fieldKey(field);
  type Holder = Pick<VersionRecord, 'id' | FieldKey>;
  for await (const holder of among<Holder>(state, collection, {
    path,
    values: [...claims.keys()],
    content: [path],
  })) {
    const claim = claims.get(holder[path]);
    if (claim !== undefined && !letGo.has(holder.id)) throw taken(claim, field);
  }
}

interface Wanted {
  readonly path: string;
  readonly values: readonly unknown[];
  readonly content: readonly string[];
}

// The versions that have one of these values; may give others as well.
async function* among<T extends object>(
  { database, head }: State,
  collection: string,
  { path, values, content }: Wanted,
): AsyncIterable<T> {
  if (values.length === 0) return;
  const table = database.table(tableOf(head, collection));
  const projection = Object.fromEntries(['id', ...content].map((name) => [name, 1]));
  // To look at all is quicker than to look for each when that is most of them.
  const isMost = values.length > 100 && values.length * 4 > (await table.estimatedDocumentCount());
  for (let at = 0; at < values.length; at += isMost ? values.length : questionSize) {
    const condition = isMost ? {} : { [path]: oneOf(values.slice(at, at + questionSize)) };
    yield* table.find({ ...condition, ...visibleAt(head.sequence) }).project<T>(projection);
  }
}

// FerretDB leaves it to PostgreSQL to look for one value, but looks through everything by itself for several.
function oneOf(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : { $in: values };
}

function taken({ collection, id }: PreparedWrite, field: string): ConflictError {
  return new ConflictError({ collection: collection.name, id }, 'unique', field);
}
