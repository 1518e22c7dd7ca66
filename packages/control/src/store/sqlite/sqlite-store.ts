import { Turns } from '@sluice/service/turns';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Catalogue } from '../catalogue.ts';
import { isId } from '../catalogue.ts';
import type { PreparedWrite } from '../prepare-commit.ts';
import { checkExpectations, prepareCommit } from '../prepare-commit.ts';
import { prepareLoaded } from '../prepare-load.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { Statement } from '../sql/select.ts';
import { documentOf, dumpAll, foundOf, selectOne, selectPage } from '../sql/select.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, Write } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { Connection } from './sqlite-connection.ts';
import { waitMs, whenFree } from './sqlite-errors.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** How many documents are written or read before the event loop gets a turn. */
const sliceSize = 200;

/**
 * Keeps everything in a file. Commits run one at a time on a connection of their own. Reads use another connection, so that they
 * never see half of a commit, although large commits make pauses.
 */
export class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly isShared = false;
  readonly isTemporary = false;
  readonly #file: string;
  readonly #catalogue: Catalogue;
  readonly #writing: Connection;
  readonly #reading: Connection;
  readonly #writer: SqliteWriter;
  readonly #turns = new Turns({
    longestWaitMs: waitMs,
    refuse: () => new StoreUnavailableError('the store is busy with another writer'),
  });
  readonly #dumps = new Set<Connection>();
  #closing: Promise<void> | undefined;

  /** Takes over a connection to a migrated file. */
  constructor(file: string, catalogue: Catalogue, connection: Connection) {
    this.#file = file;
    this.#catalogue = catalogue;
    this.#writing = connection;
    this.#writer = new SqliteWriter(connection);
    this.#reading = new Connection(file);
  }

  async commit(writes: readonly Write[]): Promise<void> {
    this.#mustBeOpen();
    const prepared = prepareCommit(this.#catalogue, writes);
    if (prepared.length === 0) return;
    await this.#transaction(async () => {
      const versions = await this.#versions(prepared);
      checkExpectations(prepared, { versionOf: (collection, id) => versions.get(`${collection.name}/${id}`) });
      const changes = prepared.filter(({ kind }) => kind !== 'check');
      await inSlices(changes, (write) => this.#writer.makeRoom(write));
      await inSlices(changes, (write) => {
        if (write.kind === 'put') this.#writer.put(write, versions.get(`${write.collection.name}/${write.id}`));
      });
    });
  }

  async get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined> {
    this.#mustBeOpen();
    const known = this.#catalogue.named(collection.name);
    if (!isId(id)) return undefined;
    const [row] = await this.#read(selectOne(sqliteDialect, known, id));
    return row && (documentOf(row) as Stored<B>);
  }

  async find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>> {
    this.#mustBeOpen();
    const known = this.#catalogue.named(collection.name);
    return foundOf(await this.#read(selectPage(sqliteDialect, known, prepareQuery(known, query)))) as Found<B>;
  }

  async *dump(): AsyncIterable<Dumped> {
    this.#mustBeOpen();
    const connection = new Connection(this.#file);
    this.#dumps.add(connection);
    try {
      // Everything that a reading transaction sees is from the moment of its first question.
      connection.run('BEGIN');
      const ask = async ({ sql, parameters }: Statement) => {
        await nextRound();
        this.#mustBeOpen();
        return connection.run(sql, parameters);
      };
      const { collections } = this.#catalogue;
      yield* dumpAll(ask, { dialect: sqliteDialect, collections, size: sliceSize });
    } finally {
      this.#dumps.delete(connection);
      connection.close();
    }
  }

  async load(documents: AsyncIterable<Dumped>): Promise<void> {
    this.#mustBeOpen();
    await this.#transaction(async () => {
      for (const collection of this.#catalogue.collections) this.#writer.clear(collection);
      let count = 0;
      for await (const document of documents) {
        this.#writer.insert(prepareLoaded(this.#catalogue, document));
        if (++count % sliceSize === 0) await nextRound();
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#turns.idle();
    for (const connection of [...this.#dumps, this.#reading, this.#writing]) connection.close();
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#turns.run(async () => {
      await this.#writing.beginWriting();
      try {
        await work();
        this.#writing.run('COMMIT');
      } catch (error) {
        this.#writing.rollBack();
        throw error;
      }
    });
  }

  async #versions(writes: readonly PreparedWrite[]): Promise<ReadonlyMap<string, number>> {
    const versions = new Map<string, number>();
    const byCollection = Map.groupBy(writes, ({ collection }) => collection);
    for (const [collection, of] of byCollection) {
      for (let start = 0; start < of.length; start += sliceSize) {
        if (start > 0) await nextRound();
        const ids = of.slice(start, start + sliceSize).map(({ id }) => id);
        for (const [id, version] of this.#writer.versionsOf(collection, ids))
          versions.set(`${collection.name}/${id}`, version);
      }
    }
    return versions;
  }

  async #read({ sql, parameters }: Statement) {
    return whenFree(() => {
      this.#mustBeOpen();
      this.#reading.mustBeInPlace();
      return this.#reading.run(sql, parameters);
    });
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailableError('the store is closed');
  }
}

async function inSlices<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % sliceSize === 0) await nextRound();
    work(item);
  }
}
