import type { PreparedWrite } from '../prepare-commit.ts';
import { ConflictError } from '../store.ts';
import type { Tip } from './tip.ts';
import { tableOf } from './tip.ts';
import type { Database, FieldKey, VersionRecord } from './records.ts';
import { fieldKey, visibleAt } from './records.ts';

// The most values in one question.
const questionSize = 1000;

/** The version of a document before a commit. */
export type Present = Pick<VersionRecord, '_id' | 'id' | 'version' | 'commit' | 'part'>;

/** The documents before a commit, by collection and id. */
export type Presence = ReadonlyMap<string, ReadonlyMap<string, Present>>;

interface State {
  readonly database: Database;
  readonly tip: Tip;
}

/** Finds the documents of a commit that exist. */
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

/** Rejects with a ConflictError when two documents would hold the same unique value after these writes. */
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

// The versions with one of these values, and possibly others.
async function* among<T extends object>(
  { database, tip }: State,
  collection: string,
  { path, values, content }: Wanted,
): AsyncIterable<T> {
  if (values.length === 0) return;
  const table = database.table(tableOf(tip, collection));
  const projection = Object.fromEntries(['id', ...content].map((name) => [name, 1]));
  // Reading all is quicker than searching for most of them.
  const isMost = values.length > 100 && values.length * 4 > (await table.estimatedDocumentCount());
  for (let at = 0; at < values.length; at += isMost ? values.length : questionSize) {
    const condition = isMost ? {} : { [path]: oneOf(values.slice(at, at + questionSize)) };
    yield* table.find({ ...condition, ...visibleAt(tip.sequence) }).project<T>(projection);
  }
}

// FerretDB lets PostgreSQL search for one value, but for several values it scans everything itself.
function oneOf(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : { $in: values };
}

function taken({ collection, id }: PreparedWrite, field: string): ConflictError {
  return new ConflictError({ collection: collection.name, id }, 'unique', field);
}
