import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync, SQLInputValue } from 'node:sqlite';
import type { SqlRow, SqlSession } from '../sql/dialect.ts';
import { StoreUnavailableError } from '../store.ts';
import { asStoreError, whenFree } from './sqlite-errors.ts';

/** How many statements stay prepared. Their text depends only on the collection and the conditions. */
const maxPrepared = 200;

/** How many pages of 4 KiB the log has before a commit moves it into the file: 16 MB. */
const logPages = 4096;

/** A connection to a database file. Statements run synchronously on this thread. */
export class Connection implements SqlSession {
  readonly #file: string;
  readonly #identity: string | undefined;
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /** Opens the file, which must exist. Throws a StoreUnavailableError when that cannot be done. */
  constructor(file: string) {
    this.#database = translated(() => {
      // Waiting here would stop the whole process, which may itself hold the lock. `whenFree` waits instead.
      const database = new DatabaseSync(file, { timeout: 5 });
      database.exec('PRAGMA synchronous = FULL');
      // A commit is durable once it is in the log. By default, a large commit would also wait until it is in the file.
      database.exec(`PRAGMA wal_autocheckpoint = ${logPages}`);
      return database;
    });
    this.#file = file;
    this.#identity = identityOf(file);
  }

  /**
   * Throws a StoreUnavailableError when the file was removed or replaced. SQLite would go on with a file without a name, and
   * acknowledged commits would be gone with the process.
   */
  mustBeInPlace(): void {
    if (identityOf(this.#file) === this.#identity) return;
    throw new StoreUnavailableError(
      "the store's file was deleted or replaced while it was in use: put it back, or restart to use what is there now",
    );
  }

  /** Runs a statement. Throws a StoreUnavailableError, or SQLite's error when a constraint fails. */
  run(sql: string, parameters: readonly unknown[] = []): readonly SqlRow[] {
    return translated(() => this.#prepare(sql).all(...(parameters as readonly SQLInputValue[])) as SqlRow[]);
  }

  async query(sql: string, parameters: readonly unknown[] = []): Promise<readonly SqlRow[]> {
    return this.run(sql, parameters);
  }

  /** Begins a writing transaction as soon as no other connection has one. */
  async beginWriting(): Promise<void> {
    this.mustBeInPlace();
    await whenFree(() => this.run('BEGIN IMMEDIATE'));
  }

  /** Rolls back the transaction, unless an error ended it already. */
  rollBack(): void {
    if (this.#database.isTransaction) this.run('ROLLBACK');
  }

  /** May be called again. */
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

/** Identifies a file apart from its name; undefined when there is none. */
function identityOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error);
  }
}
