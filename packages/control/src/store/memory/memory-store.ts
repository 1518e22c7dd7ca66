import type { Catalogue } from '../catalogue.ts';
import { createCatalogue } from '../catalogue.ts';
import { checkExpectations, prepareCommit } from '../prepare-commit.ts';
import { prepareLoaded } from '../prepare-load.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, Write } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { MemoryTable } from './memory-table.ts';

/** Keeps everything in memory until the process ends. Bodies are copied on the way in and frozen on the way out. */
export function createMemoryStore(collections: readonly Collection[]): Store {
  return new MemoryStore(createCatalogue(collections));
}

// No method waits between its reads and its writes, so each one is atomic.
class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly isShared = false;
  readonly isTemporary = true;
  readonly #catalogue: Catalogue;
  #tables: ReadonlyMap<string, MemoryTable>;
  #closed = false;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#tables = createTables(catalogue);
  }

  async commit(writes: readonly Write[]): Promise<void> {
    this.#mustBeOpen();
    const prepared = prepareCommit(this.#catalogue, writes);
    checkExpectations(prepared, { versionOf: ({ name }, id) => this.#table(name).get(id)?.version });
    const changes = prepared.filter(({ kind }) => kind !== 'check');
    const byTable = Map.groupBy(changes, ({ collection }) => this.#table(collection.name));
    for (const [table, own] of byTable) table.refuseTaken(own);
    for (const [table, own] of byTable) table.apply(own);
  }

  async get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined> {
    this.#mustBeOpen();
    const { name } = this.#catalogue.named(collection.name);
    return this.#table(name).get(id) as Stored<B> | undefined;
  }

  async find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>> {
    this.#mustBeOpen();
    const known = this.#catalogue.named(collection.name);
    return this.#table(known.name).find(prepareQuery(known, query)) as Found<B>;
  }

  async *dump(): AsyncIterable<Dumped> {
    this.#mustBeOpen();
    const kept = this.#catalogue.collections.filter(({ transient }) => !transient);
    const moment = kept.map(({ name }) => ({ collection: name, documents: this.#table(name).sorted() }));
    for (const { collection, documents } of moment) {
      for (const { id, version, body } of documents) yield { collection, id, version, body };
    }
  }

  async load(documents: AsyncIterable<Dumped>): Promise<void> {
    this.#mustBeOpen();
    const tables = createTables(this.#catalogue);
    for await (const document of documents) {
      const loaded = prepareLoaded(this.#catalogue, document);
      tables.get(loaded.collection.name)?.add(loaded);
    }
    this.#mustBeOpen();
    this.#tables = tables;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #table(name: string): MemoryTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`the store has no collection named ${name}`);
    return table;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
  }
}

function createTables(catalogue: Catalogue): ReadonlyMap<string, MemoryTable> {
  return new Map(catalogue.collections.map((collection) => [collection.name, new MemoryTable(collection)]));
}
