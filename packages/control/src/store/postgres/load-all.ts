import type { PreparedDocument } from '../prepare-load.ts';
import type { SqlDialect, SqlSession } from '../sql/dialect.ts';
import type { Collection, Dumped } from '../store.ts';
import { ConflictError } from '../store.ts';
import { takenOf } from './postgres-errors.ts';
import { PostgresWriter } from './postgres-writer.ts';

export interface Load {
  /** A transaction. The caller rolls it back when the load fails. */
  readonly session: SqlSession;
  readonly dialect: SqlDialect;
  readonly collections: readonly Collection[];
  readonly documents: AsyncIterable<Dumped>;
  /** Checks a document. Throws an Error that says what is wrong. */
  prepare(document: Dumped): PreparedDocument;
}

// At most 16 million characters or 1000 documents are in memory at once.
const mostDocuments = 1000;
const mostText = 16_000_000;

/**
 * Replaces all rows of all collections. Until the transaction ends, commits wait and reads see the old rows. Rejects with a
 * ConflictError when an id or a unique value occurs twice.
 */
export async function loadAll(load: Load): Promise<void> {
  const { session, dialect, collections, documents, prepare } = load;
  const tables = collections.map(({ name }) => dialect.table(name));
  if (tables.length > 0) await session.query(`LOCK TABLE ${tables.join(', ')} IN EXCLUSIVE MODE`);
  for (const table of tables) await session.query(`DELETE FROM ${table}`);
  let part: PreparedDocument[] = [];
  let size = 0;
  for await (const document of documents) {
    const prepared = prepare(document);
    part.push(prepared);
    size += prepared.text.length;
    if (part.length < mostDocuments && size < mostText) continue;
    await insert(load, part);
    part = [];
    size = 0;
  }
  await insert(load, part);
}

async function insert({ session, dialect }: Load, part: readonly PreparedDocument[]): Promise<void> {
  for (const [collection, own] of Map.groupBy(part, (document) => document.collection)) {
    try {
      await new PostgresWriter(session, dialect, collection).insert(own);
    } catch (error) {
      throw asConflict(error, collection, own) ?? error;
    }
  }
}

function asConflict(error: unknown, { name }: Collection, part: readonly PreparedDocument[]): Error | undefined {
  const taken = takenOf(error);
  if (taken === undefined) return undefined;
  const { field } = taken;
  const document = part.findLast(({ id, fields }) => taken.is(String(field === undefined ? id : fields[field])));
  return new ConflictError(
    { collection: name, id: document?.id ?? '' },
    field === undefined ? 'exists' : 'unique',
    field,
  );
}
