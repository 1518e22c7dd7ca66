import type { PoolClient } from 'pg';
import { Pool } from 'pg';
import type { SqlRow, SqlSession } from '../sql/dialect.ts';
import type { Statement } from '../sql/select.ts';
import type { StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { PostgresAddress } from './address.ts';
import { asStoreError } from './errors.ts';
import { ServerTrust } from './server-trust.ts';

/** All in milliseconds. The server gives up first, so that it says why; the library when the server does not answer. */
const timeouts = {
  connectionTimeoutMillis: 5_000,
  lock_timeout: 8_000,
  statement_timeout: 10_000,
  query_timeout: 12_000,
  // A process that stands still must not hold its locks for ever.
  idle_in_transaction_session_timeout: 15_000,
};

/** For what may take its time: migrations, backups. */
const patience = 'SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0';
const patientQuery = 3_600_000;

/** A transaction that is under way. */
export interface Transaction extends SqlSession {
  /** Ends it; what was written stays. Rejects with a StoreUnavailableError when it is not known whether it does. */
  commit(): Promise<void>;
  /** Ends it; nothing was written. Never rejects. May be called again, and after `commit`. */
  rollBack(): Promise<void>;
  /** Cuts its connection. */
  abort(): void;
}

/** How a transaction is begun. */
export interface TransactionOptions {
  /** What follows BEGIN, such as READ ONLY. */
  readonly mode?: string;
  /** No limit on statements and on pauses between them. */
  readonly patient?: boolean;
}

/** Connections to a server, made when they are needed, and anew when they were lost. */
export class Connections {
  readonly #pool: Pool;
  readonly #trust: ServerTrust | undefined;
  readonly #log: StoreOptions['log'];
  #lost = false;
  #ended: Promise<void> | undefined;

  constructor({ connectionString, tls }: Pick<PostgresAddress, 'connectionString' | 'tls'>, log: StoreOptions['log']) {
    this.#trust = tls && new ServerTrust(tls, log);
    const settings = { max: 10, idleTimeoutMillis: 60_000, keepAlive: true, fallback_application_name: 'sluice' };
    const secure = {
      ...(this.#trust && { ssl: this.#trust.options }),
      ...(tls?.direct === true && { sslnegotiation: 'direct' as const }),
    };
    this.#pool = new Pool({ connectionString, ...secure, ...settings, ...timeouts });
    this.#log = log;
    // An idle connection was cut: the pool has let go of it, and who asks next gets another one.
    this.#pool.on('error', (error) => this.#noteFailure(asStoreError(error)));
    // Whoever uses a connection that is cut learns of it from what was asked; unheard, the event would end the process.
    this.#pool.on('connect', (client) => client.on('error', (error) => this.#noteFailure(asStoreError(error))));
  }

  /** Asks a question that changes nothing; once more when the connection turns out to be dead. */
  async read({ sql, parameters }: Statement): Promise<readonly SqlRow[]> {
    return this.#onLiveConnection(async (client) => {
      const rows = await ask(client, sql, parameters);
      client.release();
      return rows;
    });
  }

  /** Begins a transaction, on another connection when the first one turns out to be dead. */
  async begin({ mode = '', patient = false }: TransactionOptions = {}): Promise<Transaction> {
    return this.#onLiveConnection(async (client) => {
      await ask(client, `BEGIN ${mode}${patient ? `; ${patience}` : ''}`);
      return this.#transaction(client, patient ? patientQuery : undefined);
    });
  }

  /** Runs work in a transaction, which is rolled back when that rejects. */
  async inTransaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const transaction = await this.begin(options);
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } finally {
      await transaction.rollBack();
    }
  }

  /** Waits for what is under way, then closes all connections. May be called again. */
  async end(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  async #onLiveConnection<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const client = await this.#connect();
      try {
        const result = await work(client);
        this.#noteSuccess();
        return result;
      } catch (error) {
        const lost = error instanceof StoreUnavailableError;
        client.release(lost);
        this.#noteFailure(error);
        // Only a connection that was open before can have died unnoticed.
        if (!isCut(error) || attempt > 1) throw error;
      }
    }
  }

  async #connect(): Promise<PoolClient> {
    // A new connection is made only when none is idle.
    if (this.#pool.idleCount === 0) await this.#trust?.renew();
    try {
      return await this.#pool.connect();
    } catch (error) {
      const reason = asStoreError(error);
      this.#noteFailure(reason);
      throw reason;
    }
  }

  #transaction(client: PoolClient, queryTimeout: number | undefined): Transaction {
    let over = false;
    const finish = (broken: boolean): void => {
      if (!over) client.release(broken);
      over = true;
    };
    const query: SqlSession['query'] = async (sql, parameters) => {
      if (over) throw new StoreUnavailableError('the connection was closed');
      try {
        return await ask(client, sql, parameters, queryTimeout);
      } catch (error) {
        this.#noteFailure(error);
        // What a lost connection was doing is not known, so nobody else gets it.
        if (error instanceof StoreUnavailableError) finish(true);
        throw error;
      }
    };
    return {
      query,
      async commit() {
        await query('COMMIT');
        finish(false);
      },
      async rollBack() {
        if (over) return;
        const failed = await query('ROLLBACK').then(
          () => false,
          () => true,
        );
        finish(failed);
      },
      abort: () => finish(true),
    };
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof StoreUnavailableError) || this.#lost) return;
    this.#lost = true;
    this.#log?.warn('the store cannot be reached', { reason: error.message });
  }

  #noteSuccess(): void {
    if (this.#lost) this.#log?.info('the store answers again');
    this.#lost = false;
  }
}

async function ask(client: PoolClient, text: string, values?: readonly unknown[], timeout?: number) {
  // The library takes a limit for each query; its types do not know of it.
  const limit = timeout === undefined ? {} : { query_timeout: timeout };
  try {
    const { rows } = await client.query<SqlRow>({ text, ...(values && { values: [...values] }), ...limit });
    return rows;
  } catch (error) {
    throw asStoreError(error);
  }
}

/** The connection is gone; the server did not say anything. */
function isCut(error: unknown): boolean {
  if (!(error instanceof StoreUnavailableError)) return false;
  const { code = '', message = '' } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return (
    code.startsWith('57P') ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    /^Connection terminated|not queryable/.test(message)
  );
}
