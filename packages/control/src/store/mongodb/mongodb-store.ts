import { isId } from '../catalogue.ts';
import type { Catalogue } from '../catalogue.ts';
import { prepareCommit } from '../prepare-commit.ts';
import { prepareQuery } from '../prepare-query.ts';
import type { Body, Collection, Dumped, Found, Query, Store, Stored, StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { CommitLog } from './commit-log.ts';
import { Committer } from './mongodb-writer.ts';
import type { Connection } from './mongodb-connection.ts';
import { asUnavailable } from './mongodb-errors.ts';
import { dump } from './dump.ts';
import { TipReader } from './tip.ts';
import { load } from './load.ts';
import { Reader } from './reader.ts';
import type { Database } from './records.ts';
import { namedDatabase } from './records.ts';
import { Trimmer } from './trimmer.ts';
import type { Tuning } from './tuning.ts';
import { messageOf, Turns } from '@sluice/service';

export interface MongodbStoreParts {
  readonly connection: Connection;
  readonly catalogue: Catalogue;
  readonly tuning: Tuning;
  readonly tell: StoreOptions['log'];
}

/** Keeps documents in MongoDB as commit-log.ts describes. Needs no transactions, so a single server is enough. */
export class MongodbStore implements Store {
  readonly kind = 'mongodb';
  readonly isShared = true;
  readonly isTemporary = false;
  readonly database: Database;
  readonly tips: TipReader;
  readonly log: CommitLog;
  readonly trimmer: Trimmer;
  readonly #parts: MongodbStoreParts;
  readonly #reader: Reader;
  readonly #committer: Committer;
  /** Commits of this process run one at a time, because they would only lose races against each other. */
  readonly #turns = new Turns();
  #trimming: Promise<unknown> | undefined;
  #closed = false;

  constructor(parts: MongodbStoreParts) {
    const { tuning } = parts;
    this.#parts = parts;
    this.database = namedDatabase(parts.connection.db);
    const { database } = this;
    this.tips = new TipReader(database);
    const { tips } = this;
    this.log = new CommitLog(database, tips, tuning);
    const { log } = this;
    this.trimmer = new Trimmer({ database, tips, tuning });
    this.#reader = new Reader({ database, tips, log, tuning });
    this.#committer = new Committer({ database, tips, log, tuning });
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
    // No document has such an id, and some servers fail on the question.
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
    const { database, tips } = this;
    try {
      yield* dump({ database, tips, catalogue: this.#parts.catalogue });
    } catch (error) {
      throw this.#explained(error);
    }
  }

  load: Store['load'] = async (documents) => {
    this.#mustBeOpen();
    const { database, tips, log } = this;
    const { catalogue, tuning } = this.#parts;
    await this.#asked(() => load({ database, tips, log, tuning, catalogue }, documents));
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

  // Runs in the background. What fails is tried again later.
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
