import type { PreparedWrite } from '../prepare-commit.ts';
import type { PreparedDocument } from '../prepare-load.ts';
import { quoted } from '../sql/dialect.ts';
import type { Collection } from '../store.ts';
import { ConflictError } from '../store.ts';
import type { Connection } from './sqlite-connection.ts';
import { uniqueFieldOf } from './sqlite-errors.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

interface Statements {
  readonly versions: string;
  readonly insert: string;
  readonly update: string;
  readonly remove: string;
  readonly clear: string;
  /** Releases a document's unique values; undefined when the collection has none. */
  readonly release: string | undefined;
}

/** Writes documents within a transaction of the caller. */
export class SqliteWriter {
  readonly #connection: Connection;
  readonly #statements = new Map<string, Statements>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The versions of the documents that exist, by id. */
  versionsOf(collection: Collection, ids: readonly string[]): ReadonlyMap<string, number> {
    const rows = this.#connection.run(this.#of(collection).versions, [sqliteDialect.list(ids)]);
    return new Map(rows.map(({ id, version }) => [id as string, Number(version)]));
  }

  /**
   * Removes a document, or releases its unique values before it is replaced. The caller does this for all writes of a commit
   * before the first put, so that a value can pass from one document to another.
   */
  makeRoom({ kind, collection, id }: PreparedWrite): void {
    const { remove, release } = this.#of(collection);
    if (kind === 'remove') this.#connection.run(remove, [id]);
    else if (release !== undefined) this.#connection.run(release, [id]);
  }

  /** Writes a put. `version` is the present one; undefined for a new document. Throws a ConflictError. */
  put(write: PreparedWrite, version: number | undefined): void {
    if (version === undefined) {
      this.insert({ ...write, version: 1 });
      return;
    }
    const { collection, id, text } = write;
    this.#write(write, this.#of(collection).update, [id, version + 1, text, ...fieldsOf(write)]);
  }

  /** Adds a document. Throws a ConflictError when its id or a unique value is taken. */
  insert(document: PreparedDocument): void {
    const { collection, id, version, text } = document;
    this.#write(document, this.#of(collection).insert, [id, version, text, ...fieldsOf(document)]);
  }

  /** Removes all documents. */
  clear(collection: Collection): void {
    this.#connection.run(this.#of(collection).clear);
  }

  #write(document: Pick<PreparedDocument, 'collection' | 'id'>, sql: string, parameters: readonly unknown[]): void {
    try {
      this.#connection.run(sql, parameters);
    } catch (error) {
      const taken = uniqueFieldOf(error);
      if (taken === undefined) throw error;
      const where = { collection: document.collection.name, id: document.id };
      throw new ConflictError(where, taken.field === undefined ? 'exists' : 'unique', taken.field);
    }
  }

  #of(collection: Collection): Statements {
    const known = this.#statements.get(collection.name);
    if (known !== undefined) return known;
    const statements = createStatements(collection);
    this.#statements.set(collection.name, statements);
    return statements;
  }
}

function createStatements({ name, fields, unique }: Collection): Statements {
  const table = sqliteDialect.table(name);
  const columns = ['id', 'version', 'body', ...Object.keys(fields)].map(quoted);
  const parameters = columns.map((_, n) => sqliteDialect.parameter(n + 1));
  const assignments = columns.slice(1).map((column, n) => `${column} = ${sqliteDialect.parameter(n + 2)}`);
  return {
    versions: `SELECT id, version FROM ${table} WHERE ${sqliteDialect.isOneOf('id', '?1')}`,
    insert: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${parameters.join(', ')})`,
    update: `UPDATE ${table} SET ${assignments.join(', ')} WHERE id = ?1`,
    remove: `DELETE FROM ${table} WHERE id = ?1`,
    clear: `DELETE FROM ${table}`,
    release:
      unique.length === 0
        ? undefined
        : `UPDATE ${table} SET ${unique.map((field) => `${quoted(field)} = NULL`).join(', ')} WHERE id = ?1`,
  };
}

function fieldsOf({ collection, fields }: Pick<PreparedDocument, 'collection' | 'fields'>): readonly unknown[] {
  return Object.keys(collection.fields).map((field) => sqliteDialect.value(fields[field] ?? null));
}
