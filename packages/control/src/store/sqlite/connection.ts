import { DatabaseSync } from 'node:sqlite';
import type { StatementSync, SQLInputValue } from 'node:sqlite';
import type { SqlRow, SqlSession } from '../sql/dialect.ts';
import { asStoreError, whenFree } from './errors.ts';

/** How many statements stay prepared; the text of a statement depends on the collection and the conditions alone. */
const maxPrepared = 200;

/** A connection to a database file. Its statements are answered at once, on this thread. */
export class Connection implements SqlSession {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /** Opens the file, which must exist. Throws a StoreUnavailableError when that cannot be done. */
  constructor(file: string) {
    this.#database = translated(() => {
      // Waiting in here would stop the whole process, and what is waited for may be in it: `whenFree` waits instead.
      const database = new DatabaseSync(file, { timeout: 5 });
      database.exec('PRAGMA synchronous = FULL');
      return database;
    });
  }

  /** Runs a statement. Throws a StoreUnavailableError, or SQLite's error when a constraint fails. */
  run(sql: string, parameters: readonly unknown[] = []): readonly SqlRow[] {
    return translated(() => this.#prepare(sql).all(...(parameters as readonly SQLInputValue[])) as SqlRow[]);
  }

  async query(sql: string, parameters: readonly unknown[] = []): Promise<readonly SqlRow[]> {
    return this.run(sql, parameters);
  }

  /** Begins a transaction that writes, as soon as no other connection has one. */
  async beginWriting(): Promise<void> {
    await whenFree(() => this.run('BEGIN IMMEDIATE'));
  }

  /** Takes back a transaction, if there still is one: some errors end it by themselves. */
  rollBack(): void {
    if (this.#database.isTransaction) this.run('ROLLBACK');
  }

  /** Gives up the file. May be called again. */
  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const oldest = this.#prepared.size < maxPrepared ? undefined : this.#prepared.keys().next().value;
    if (oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error);
  }
}
