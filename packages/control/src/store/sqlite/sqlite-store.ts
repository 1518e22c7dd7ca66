import { Turns } from '@sluice/service/turns';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Catalogue } from '../catalogue.ts';
import { isId } from '../catalogue.ts';
import type { PreparedWrite } from '../prepare-commit.ts';
import { judgeExpectations, prepareCommit } from '../prepare-commit.ts';
import { prepareLoaded } from '../prepare-load.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { Statement } from '../sql/select.ts';
import { documentOf, foundOf, selectAfter, selectOne, selectPage } from '../sql/select.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, Write } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { Connection } from './connection.ts';
import { waitMs, whenFree } from './errors.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** How many documents are written or read before others get their turn on the event loop. */
const sliceSize = 200;

/**
 * Keeps everything in a file. Commits have a connection of their own and run one at a time, so that reads, on another one,
 * see no half of them though large commits make pauses.
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

  /** Takes over a connection, over which the file was made ready. */
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
      judgeExpectations(prepared, { versionOf: (collection, id) => versions.get(`${collection.name}/${id}`) });
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
      // What a transaction that reads sees stays as it was at its first question.
      connection.run('BEGIN');
      for (const collection of this.#catalogue.collections.filter(({ transient }) => !transient)) {
        for await (const { id, version, body } of this.#documents(connection, collection)) {
          yield { collection: collection.name, id, version, body };
        }
      }
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

  async *#documents(connection: Connection, collection: Collection): AsyncIterable<Stored> {
    for (let after = ''; ;) {
      this.#mustBeOpen();
      const { sql, parameters } = selectAfter(sqliteDialect, collection, after, sliceSize);
      const page = connection.run(sql, parameters).map(documentOf);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < sliceSize) return;
      after = last.id;
      await nextRound();
    }
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
