import type { Catalogue } from '../catalogue.ts';
import { isId } from '../catalogue.ts';
import type { PreparedWrite } from '../prepare-commit.ts';
import { prepareCommit } from '../prepare-commit.ts';
import { prepareLoaded } from '../prepare-load.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { SqlDialect, SqlSession } from '../sql/dialect.ts';
import { documentOf, dumpAll, foundOf, selectOne, selectPage } from '../sql/select.ts';
import type { Statement } from '../sql/select.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, Write } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { commitOnce } from './commit-once.ts';
import type { Connections, Transaction } from './postgres-connection.ts';
import { lostRace } from './postgres-errors.ts';
import { loadAll } from './load-all.ts';

const mostAttempts = 5;
const pageSize = 200;

/** Keeps everything in a PostgreSQL database, with a table for each collection. */
export class PostgresStore implements Store {
  readonly kind = 'postgres';
  readonly isShared = true;
  readonly isTemporary = false;
  readonly #connections: Connections;
  readonly #dialect: SqlDialect;
  readonly #catalogue: Catalogue;
  readonly #dumps = new Set<Transaction>();
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** Takes over connections to a migrated database. */
  constructor(connections: Connections, dialect: SqlDialect, catalogue: Catalogue) {
    this.#connections = connections;
    this.#dialect = dialect;
    this.#catalogue = catalogue;
  }

  async commit(writes: readonly Write[]): Promise<void> {
    this.#mustBeOpen();
    const prepared = prepareCommit(this.#catalogue, writes);
    if (prepared.length === 0) return;
    await this.#run(() => this.#commit(prepared));
  }

  async get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined> {
    this.#mustBeOpen();
    const known = this.#catalogue.named(collection.name);
    if (!isId(id)) return undefined;
    const [row] = await this.#run(() => this.#connections.read(selectOne(this.#dialect, known, id)));
    return row && (documentOf(row) as Stored<B>);
  }

  async find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>> {
    this.#mustBeOpen();
    const known = this.#catalogue.named(collection.name);
    const statement = selectPage(this.#dialect, known, prepareQuery(known, query));
    return foundOf(await this.#run(() => this.#connections.read(statement))) as Found<B>;
  }

  async *dump(): AsyncIterable<Dumped> {
    this.#mustBeOpen();
    // Everything that it sees is from one moment.
    const mode = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';
    const transaction = await this.#connections.begin({ mode, patient: true });
    this.#dumps.add(transaction);
    try {
      const ask = ({ sql, parameters }: Statement) => {
        this.#mustBeOpen();
        return transaction.query(sql, parameters);
      };
      const { collections } = this.#catalogue;
      yield* dumpAll(ask, { dialect: this.#dialect, collections, size: pageSize });
    } finally {
      this.#dumps.delete(transaction);
      await transaction.rollBack();
    }
  }

  async load(documents: AsyncIterable<Dumped>): Promise<void> {
    this.#mustBeOpen();
    const prepare = (document: Dumped) => prepareLoaded(this.#catalogue, document);
    const { collections } = this.#catalogue;
    const load = (session: SqlSession) => loadAll({ session, dialect: this.#dialect, collections, documents, prepare });
    await this.#run(() => this.#connections.inTransaction(load, { patient: true }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #commit(writes: readonly PreparedWrite[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connections.inTransaction((session) => commitOnce(session, this.#dialect, writes));
        return;
      } catch (error) {
        if (!lostRace(error)) throw error;
        if (attempt >= mostAttempts) {
          throw new StoreUnavailableError('the store is busy: others are writing the same documents', { cause: error });
        }
      }
    }
  }

  /** Runs work that `close` waits for. */
  async #run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #close(): Promise<void> {
    // Perhaps nobody reads the rest of a dump. Everything else that is under way is finished.
    for (const dump of this.#dumps) dump.abort();
    await Promise.allSettled(this.#running);
    await this.#connections.end();
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailableError('the store is closed');
  }
}
