import type { PreparedWrite } from '../prepare-commit.ts';
import { checkExpectations } from '../prepare-commit.ts';
import type { SqlDialect, SqlSession } from '../sql/dialect.ts';
import { ConflictError } from '../store.ts';
import type { Collection } from '../store.ts';
import { takenOf } from './postgres-errors.ts';
import type { WrittenRow } from './postgres-writer.ts';
import { PostgresWriter } from './postgres-writer.ts';

/**
 * Runs the statements of a commit. Locks make it serializable: every document in the commit is locked until the transaction ends,
 * even if it is only checked. An absent document cannot be locked, so a check inserts it and removes it again: another transaction
 * that inserts it meanwhile has to wait. Locks are taken in order of collections and ids, existing documents first, so two commits
 * seldom wait for each other. When they do (over unique values), PostgreSQL ends one of them, which is then tried again.
 */
export async function commitOnce(
  session: SqlSession,
  dialect: SqlDialect,
  writes: readonly PreparedWrite[],
): Promise<void> {
  const groups = groupsOf(session, dialect, writes);
  const versions = new Map<Collection, ReadonlyMap<string, number>>();
  for (const { writer, collection, writes: own } of groups) {
    versions.set(collection, await writer.lock(own.map(({ id }) => id)));
  }
  const versionOf = (collection: Collection, id: string): number | undefined => versions.get(collection)?.get(id);
  checkExpectations(writes, { versionOf });
  for (const group of groups) {
    try {
      await apply(group, (id) => versionOf(group.collection, id));
    } catch (error) {
      throw asUniqueConflict(error, group) ?? error;
    }
  }
}

interface Group {
  readonly collection: Collection;
  readonly writer: PostgresWriter;
  /** In order of ids. */
  readonly writes: readonly PreparedWrite[];
}

function groupsOf(session: SqlSession, dialect: SqlDialect, writes: readonly PreparedWrite[]): readonly Group[] {
  const byCollection = Map.groupBy(writes, ({ collection }) => collection);
  return [...byCollection]
    .toSorted(([a], [b]) => (a.name < b.name ? -1 : 1))
    .map(([collection, own]) => ({
      collection,
      writer: new PostgresWriter(session, dialect, collection),
      writes: own.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    }));
}

async function apply({ writer, writes }: Group, versionOf: (id: string) => number | undefined): Promise<void> {
  const puts = writes.filter(({ kind }) => kind === 'put');
  const exists = ({ id }: PreparedWrite): boolean => versionOf(id) !== undefined;
  const removed = writes.filter((write) => write.kind === 'remove' && exists(write)).map(({ id }) => id);
  const absent = writes.filter((write) => write.kind === 'check' && write.expect === 'absent').map(({ id }) => id);
  const updated = puts.filter(exists);
  const inserted = writes.filter(
    (write) => !exists(write) && (write.kind === 'put' || (write.kind === 'check' && write.expect === 'absent')),
  );
  await writer.remove(removed);
  await writer.release(updated.map(({ id }) => id));
  await writer.update(updated.map((write) => rowOf(write, (versionOf(write.id) ?? 0) + 1)));
  await writer.insert(inserted.map((write) => rowOf(write, 1)));
  await writer.remove(absent);
}

function rowOf({ id, kind, text, fields }: PreparedWrite, version: number): WrittenRow {
  return { id, version, text: kind === 'put' ? text : '{}', fields };
}

function asUniqueConflict(error: unknown, { collection, writes }: Group): ConflictError | undefined {
  const taken = takenOf(error);
  const field = taken?.field;
  if (taken === undefined || field === undefined) return undefined;
  const claims = writes.filter(({ fields }) => typeof (fields[field] ?? undefined) !== 'undefined');
  const claim = claims.findLast(({ fields }) => taken.is(String(fields[field]))) ?? claims.at(-1);
  return new ConflictError({ collection: collection.name, id: claim?.id ?? '' }, 'unique', field);
}
