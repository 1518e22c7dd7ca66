import type { FieldValue } from '../catalogue.ts';
import type { SqlDialect, SqlSession } from '../sql/dialect.ts';
import { quoted } from '../sql/dialect.ts';
import type { Collection } from '../store.ts';
import { listTypes } from './postgres-dialect.ts';

export interface WrittenRow {
  readonly id: string;
  readonly version: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

const mostRows = 1000;
const mostText = 4_000_000;

/** Writes rows of one collection in a transaction, many rows with each statement. */
export class PostgresWriter {
  readonly #session: SqlSession;
  readonly #collection: Collection;
  readonly #table: string;

  constructor(session: SqlSession, dialect: SqlDialect, collection: Collection) {
    this.#session = session;
    this.#collection = collection;
    this.#table = dialect.table(collection.name);
  }

  /** Locks the documents that exist until the transaction ends, and returns their versions. */
  async lock(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const versions = new Map<string, number>();
    // In order of ids, so that two transactions with the same documents do not block each other.
    const sql = `SELECT id, version FROM ${this.#table} WHERE id = ANY($1) ORDER BY id FOR UPDATE`;
    for (const part of parts(ids)) {
      for (const row of await this.#session.query(sql, [part])) {
        versions.set(row['id'] as string, Number(row['version']));
      }
    }
    return versions;
  }

  /** Adds rows. Rejects with a unique violation when an id or a unique value is taken. */
  async insert(rows: readonly WrittenRow[]): Promise<void> {
    const columns = ['id', 'version', 'body', ...this.#fields()].map(quoted).join(', ');
    for (const part of inParts(rows)) {
      const sql = `INSERT INTO ${this.#table} (${columns}) SELECT * FROM ${this.#unnest()}`;
      await this.#session.query(sql, this.#parameters(part));
    }
  }

  /** Replaces the rows with the same ids. Rejects with a unique violation when a unique value is taken. */
  async update(rows: readonly WrittenRow[]): Promise<void> {
    const columns = ['version', 'body', ...this.#fields()].map(quoted);
    const assignments = columns.map((column) => `${column} = written.${column}`).join(', ');
    const names = ['id', ...columns].join(', ');
    for (const part of inParts(rows)) {
      const from = `${this.#unnest()} AS written (${names})`;
      const sql = `UPDATE ${this.#table} AS stored SET ${assignments} FROM ${from} WHERE stored.id = written.id`;
      await this.#session.query(sql, this.#parameters(part));
    }
  }

  /** Releases the unique values of documents, so that other documents may take them. */
  async release(ids: readonly string[]): Promise<void> {
    if (this.#collection.unique.length === 0) return;
    const assignments = this.#collection.unique.map((field) => `${quoted(field)} = NULL`).join(', ');
    const sql = `UPDATE ${this.#table} SET ${assignments} WHERE id = ANY($1)`;
    for (const part of parts(ids)) await this.#session.query(sql, [part]);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const part of parts(ids)) await this.#session.query(`DELETE FROM ${this.#table} WHERE id = ANY($1)`, [part]);
  }

  #fields(): readonly string[] {
    return Object.keys(this.#collection.fields);
  }

  #unnest(): string {
    const own = Object.values(this.#collection.fields).map((type) => listTypes[type]);
    return `unnest(${['text[]', 'bigint[]', 'text[]', ...own].map((type, n) => `$${n + 1}::${type}`).join(', ')})`;
  }

  #parameters(rows: readonly WrittenRow[]): readonly unknown[] {
    return [
      rows.map(({ id }) => id),
      rows.map(({ version }) => version),
      rows.map(({ text }) => text),
      ...this.#fields().map((field) => rows.map(({ fields }) => fields[field] ?? null)),
    ];
  }
}

function* parts(ids: readonly string[]): Iterable<readonly string[]> {
  for (let from = 0; from < ids.length; from += mostRows) yield ids.slice(from, from + mostRows);
}

/** Divides rows into parts of a reasonable size for a statement. */
function* inParts(rows: readonly WrittenRow[]): Iterable<readonly WrittenRow[]> {
  let part: WrittenRow[] = [];
  let size = 0;
  for (const row of rows) {
    if (part.length > 0 && (part.length >= mostRows || size + row.text.length > mostText)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(row);
    size += row.text.length;
  }
  if (part.length > 0) yield part;
}
