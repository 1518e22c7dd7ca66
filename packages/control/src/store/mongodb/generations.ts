import { randomBytes } from 'node:crypto';
import type { FieldValue } from '../catalogue.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import { ConflictError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import { ignoreDuplicate } from './commit-log.ts';
import type { Generation, Head } from './head.ts';
import { IdTakenError, insertInParts, refuseTooLarge } from './insert-in-parts.ts';
import type { Database, VersionRecord } from './records.ts';
import { fieldKey, forever, presentFields } from './records.ts';

/** What a new generation is to be called: the time, so that one can tell how old it is, and something random. */
export function newGenerationId(now: number): string {
  return `${now.toString(36)}_${randomBytes(4).toString('hex')}`;
}

/** When a table was made, in ms since 1970; undefined when it is none of the store's. */
export function tableMadeAt(name: string): number | undefined {
  const time = /^sluice_data_([0-9a-z]{8})_[0-9a-f]{8}_\w+$/.exec(name)?.[1];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}

/** Makes the table of a collection, with the indexes that its fields need, and gives its name. */
export async function createTable(
  { table }: Database,
  generation: string,
  { name, fields }: { readonly name: string; readonly fields: readonly string[] },
): Promise<string> {
  const made = `sluice_data_${generation}_${name}`;
  // Only what never changes in a version: a scan of an index could pass by a version whose key moves meanwhile.
  await table(made).createIndexes([
    { key: { id: 1 } },
    { key: { commit: 1, part: 1 } },
    ...fields.map((field) => ({ key: { [fieldKey(field)]: 1 as const, id: 1 as const } })),
  ]);
  return made;
}

/** Fills tables that nobody reads yet. */
export class TableFiller {
  readonly #database: Database;
  readonly #generation: string;
  readonly #taken = new Map<string, Set<FieldValue>>();

  constructor(database: Database, generation: string) {
    this.#database = database;
    this.#generation = generation;
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
      _id: `${this.#generation}/${id}`,
      commit: this.#generation,
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

/** Puts a generation into effect as the commit after a head; false when somebody else's came first. */
export async function putIntoEffect(
  { database, log }: { readonly database: Database; readonly log: CommitLog },
  head: Head,
  { id, tables, migrations }: Generation,
): Promise<boolean> {
  const records = migrations.map(({ version, name, layout }) => ({ version, name, layout: JSON.stringify(layout) }));
  await ignoreDuplicate(database.generations.insertOne({ _id: id, tables, migrations: records }));
  const entry = { commit: id, tables: [], generation: id };
  if (!(await log.append(head.sequence + 1, entry))) return false;
  await log.apply(head, entry);
  return true;
}

/** Takes away tables that were filled in vain. */
export async function dropTables({ db }: Database, names: readonly string[]): Promise<void> {
  for (const name of names) await db.dropCollection(name);
}
