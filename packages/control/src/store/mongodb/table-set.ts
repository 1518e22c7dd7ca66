import { randomBytes } from 'node:crypto';
import type { FieldValue } from '../catalogue.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import { ConflictError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { ignoreDuplicate } from './mongodb-errors.ts';
import type { TableSet, Tip } from './tip.ts';
import { IdTakenError, insertInParts, refuseTooLarge } from './insert-in-parts.ts';
import type { Database, VersionRecord } from './records.ts';
import { fieldKey, forever, presentFields } from './records.ts';

/** The id of a new table set: the time, which tells how old it is, and a random part. */
export function newTableSetId(now: number): string {
  return `${now.toString(36)}_${randomBytes(4).toString('hex')}`;
}

/** When a table was made, in ms since 1970; undefined when it does not belong to the store. */
export function tableMadeAt(name: string): number | undefined {
  const time = /^sluice_data_([0-9a-z]{8})_[0-9a-f]{8}_\w+$/.exec(name)?.[1];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}

/** Makes the table of a collection, with the indexes that its fields need. Returns its name. */
export async function createTable(
  { table }: Database,
  tableSet: string,
  { name, fields }: { readonly name: string; readonly fields: readonly string[] },
): Promise<string> {
  const made = `sluice_data_${tableSet}_${name}`;
  // Only fields that never change in a version: a scan of an index could miss a version whose key moves during the scan.
  await table(made).createIndexes([
    { key: { id: 1 } },
    { key: { commit: 1, part: 1 } },
    ...fields.map((field) => ({ key: { [fieldKey(field)]: 1 as const, id: 1 as const } })),
  ]);
  return made;
}

/** Fills new tables, which nobody reads yet. */
export class TableFiller {
  readonly #database: Database;
  readonly #tableSet: string;
  readonly #taken = new Map<string, Set<FieldValue>>();

  constructor(database: Database, tableSet: string) {
    this.#database = database;
    this.#tableSet = tableSet;
  }

  /** Adds documents of one collection. Rejects with a ConflictError when an id or a unique value is there already. */
  async add(table: string, documents: readonly PreparedDocument[]): Promise<void> {
    for (const document of documents) this.#claim(table, document);
    try {
      await insertInParts(
        this.#database.table(table),
        documents.map((document) => this.#record(document)),
      );
    } catch (error) {
      const collection = documents[0]?.collection.name ?? '';
      throw error instanceof IdTakenError ? new ConflictError({ collection, id: error.id }, 'exists') : error;
    }
  }

  #claim(table: string, { collection, id, fields, text }: PreparedDocument): void {
    refuseTooLarge(collection.name, id, text);
    for (const field of collection.unique) {
      const value = fields[field] ?? null;
      if (value === null) continue;
      const key = `${table}.${field}`;
      const taken = this.#taken.get(key) ?? new Set();
      if (taken.has(value)) throw new ConflictError({ collection: collection.name, id }, 'unique', field);
      this.#taken.set(key, taken.add(value));
    }
  }

  #record({ id, version, text, fields }: PreparedDocument): VersionRecord {
    return {
      _id: `${this.#tableSet}/${id}`,
      commit: this.#tableSet,
      part: 0,
      base: 0,
      id,
      version,
      from: 0,
      to: forever,
      ...presentFields(fields),
      body: text,
    };
  }
}

/** Puts a table set into effect as the commit after the tip. False when another commit came first. */
export async function putIntoEffect(
  { database, log }: { readonly database: Database; readonly log: CommitLog },
  tip: Tip,
  { id, tables, migrations }: TableSet,
): Promise<boolean> {
  const records = migrations.map(({ version, name, layout }) => ({ version, name, layout: JSON.stringify(layout) }));
  await ignoreDuplicate(database.generations.insertOne({ _id: id, tables, migrations: records }));
  const entry = { commit: id, tables: [], generation: id };
  if (!(await log.append(tip.sequence + 1, entry))) return false;
  await log.apply(tip, entry);
  return true;
}

/** Drops tables that are not needed. */
export async function dropTables({ db }: Database, names: readonly string[]): Promise<void> {
  for (const name of names) await db.dropCollection(name);
}
