import { isId } from '../catalogue.ts';
import type { Catalogue } from '../catalogue.ts';
import { prepareCommit } from '../prepare-commit.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { CommitLog } from './commit-log.ts';
import { Committer } from './committer.ts';
import type { Connection } from './connect.ts';
import { asUnavailable } from './connect.ts';
import { dump } from './dump.ts';
import { HeadReader } from './head.ts';
import { load } from './load.ts';
import { Reader } from './reader.ts';
import type { Database } from './records.ts';
import { namedDatabase } from './records.ts';
import { Trimmer } from './trimmer.ts';
import type { Tuning } from './tuning.ts';
import { messageOf, Turns } from '@sluice/service';

/** What a store is made of. */
export interface MongodbStoreParts {
  readonly connection: Connection;
  readonly catalogue: Catalogue;
  readonly tuning: Tuning;
  readonly tell: StoreOptions['log'];
}

/** Keeps documents in MongoDB; commit-log.ts says how. Works without transactions, so on a single server as well. */
export class MongodbStore implements Store {
  readonly kind = 'mongodb';
  readonly isShared = true;
  readonly isTemporary = false;
  readonly database: Database;
  readonly heads: HeadReader;
  readonly log: CommitLog;
  readonly trimmer: Trimmer;
  readonly #parts: MongodbStoreParts;
  readonly #reader: Reader;
  readonly #committer: Committer;
  /** One commit of this process after the other: they would only lose races against each other. */
  readonly #turns = new Turns();
  #trimming: Promise<unknown> | undefined;
  #closed = false;

  constructor(parts: MongodbStoreParts) {
    const { tuning } = parts;
    this.#parts = parts;
    this.database = namedDatabase(parts.connection.db);
    const { database } = this;
    this.heads = new HeadReader(database);
    const { heads } = this;
    this.log = new CommitLog(database, heads, tuning);
    const { log } = this;
    this.trimmer = new Trimmer({ database, heads, tuning });
    this.#reader = new Reader({ database, heads, log, tuning });
    this.#committer = new Committer({ database, heads, log, tuning });
  }

  commit: Store['commit'] = async (writes) => {
    this.#mustBeOpen();
    const { catalogue, tuning } = this.#parts;
    const prepared = prepareCommit(catalogue, writes);
    const deadline = tuning.elapsed() + tuning.patienceMs;
    this.#trim(await this.#turns.run(() => this.#asked(() => this.#committer.commit(prepared, deadline))));
  };

  get: Store['get'] = async <B extends Body>(collection: Collection<B>, id: string) => {
    this.#mustBeOpen();
    const known = this.#parts.catalogue.named(collection.name);
    // No server has such an id, and some do not like to be asked.
    if (!isId(id)) return undefined;
    return (await this.#asked(() => this.#reader.get(known, id))) as Stored<B> | undefined;
  };

  find: Store['find'] = async <B extends Body>(collection: Collection<B>, query: Query) => {
    this.#mustBeOpen();
    const known = this.#parts.catalogue.named(collection.name);
    const prepared = prepareQuery(known, query);
    return (await this.#asked(() => this.#reader.find(known, prepared))) as Found<B>;
  };

  async *dump(): AsyncIterable<Dumped> {
    this.#mustBeOpen();
    const { database, heads } = this;
    try {
      yield* dump({ database, heads, catalogue: this.#parts.catalogue });
    } catch (error) {
      throw this.#explained(error);
    }
  }

  load: Store['load'] = async (documents) => {
    this.#mustBeOpen();
    const { database, heads, log } = this;
    const { catalogue, tuning } = this.#parts;
    await this.#asked(() => load({ database, heads, log, tuning, catalogue }, documents));
  };

  close: Store['close'] = async () => {
    this.#closed = true;
    await this.#turns.idle();
    await this.#trimming;
    await this.#parts.connection.close();
  };

  async #asked<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): unknown {
    const explained = asUnavailable(error);
    return this.#closed && explained instanceof StoreUnavailableError ? closedError() : explained;
  }

  // Nobody waits for it, and what fails is done again later.
  #trim(sequence: number): void {
    if (this.#closed || this.#trimming !== undefined) return;
    this.#trimming = this.trimmer
      .committed(sequence)
      .catch((error: unknown) => {
        const reason = messageOf(error);
        this.#parts.tell?.warn('old versions could not be deleted from MongoDB; retrying', { reason });
      })
      .finally(() => (this.#trimming = undefined));
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('the store is closed');
}
