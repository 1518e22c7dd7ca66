import type { PoolClient } from 'pg';
import { Pool } from 'pg';
import type { SqlRow, SqlSession } from '../sql/dialect.ts';
import type { Statement } from '../sql/select.ts';
import type { ServerTrust } from '../server-trust.ts';
import type { StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { PostgresAddress } from './address.ts';
import { asStoreError } from './postgres-errors.ts';
import { postgresTrust } from './server-tls.ts';

/** In milliseconds. The server gives up before the library does, so that its error tells why. */
const timeouts = {
  connectionTimeoutMillis: 5_000,
  lock_timeout: 8_000,
  statement_timeout: 10_000,
  query_timeout: 12_000,
  // A stopped process must not hold its locks for ever.
  idle_in_transaction_session_timeout: 15_000,
};

/** For migrations and backups, which may take their time. */
const patience = 'SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0';
const patientQuery = 3_600_000;

/** An open transaction. */
export interface Transaction extends SqlSession {
  /** Commits. Rejects with a StoreUnavailableError when it is not known whether the commit happened. */
  commit(): Promise<void>;
  /** Rolls back. Never rejects. May be called again, and after `commit`. */
  rollBack(): Promise<void>;
  /** Closes its connection. */
  abort(): void;
}

export interface TransactionOptions {
  /** The text after BEGIN, such as READ ONLY. */
  readonly mode?: string;
  /** Without time limits on statements and on pauses between them. */
  readonly patient?: boolean;
}

/** Connections to a server. They are made when needed, and again when they are lost. */
export class Connections {
  readonly #pool: Pool;
  readonly #trust: ServerTrust | undefined;
  readonly #log: StoreOptions['log'];
  #lost = false;
  #ended: Promise<void> | undefined;

  constructor({ connectionString, tls }: Pick<PostgresAddress, 'connectionString' | 'tls'>, log: StoreOptions['log']) {
    const ssl = tls && { ...tls.verification };
    this.#trust = tls && ssl && postgresTrust(tls, ssl, log);
    const settings = { max: 10, idleTimeoutMillis: 60_000, keepAlive: true, fallback_application_name: 'sluice' };
    const secure = {
      ...(ssl && { ssl }),
      ...(tls?.direct === true && { sslnegotiation: 'direct' as const }),
    };
    this.#pool = new Pool({ connectionString, ...secure, ...settings, ...timeouts });
    this.#log = log;
    // An idle connection was cut. The pool has dropped it and makes another one for the next question.
    this.#pool.on('error', (error) => this.#noteFailure(asStoreError(error)));
    // The question on a cut connection fails by itself. Without a listener, this event would end the process.
    this.#pool.on('connect', (client) => client.on('error', (error) => this.#noteFailure(asStoreError(error))));
  }

  /** Asks a question that changes nothing. Repeats it once when the connection turns out to be dead. */
  async read({ sql, parameters }: Statement): Promise<readonly SqlRow[]> {
    return this.#onLiveConnection(async (client) => {
      const rows = await ask(client, sql, parameters);
      client.release();
      return rows;
    });
  }

  /** Begins a transaction. Uses another connection when the first one turns out to be dead. */
  async begin({ mode = '', patient = false }: TransactionOptions = {}): Promise<Transaction> {
    return this.#onLiveConnection(async (client) => {
      await ask(client, `BEGIN ${mode}${patient ? `; ${patience}` : ''}`);
      return this.#transaction(client, patient ? patientQuery : undefined);
    });
  }

  /** Runs work in a transaction, which is rolled back when the work rejects. */
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

  /** Waits for what is under way and then closes all connections. May be called again. */
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
        // Only an older connection can have died unnoticed.
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
        // The state of a lost connection is unknown, so it is not used again.
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
  // The library takes a time limit for each query, but its types lack it.
  const limit = timeout === undefined ? {} : { query_timeout: timeout };
  try {
    const { rows } = await client.query<SqlRow>({ text, ...(values && { values: [...values] }), ...limit });
    return rows;
  } catch (error) {
    throw asStoreError(error);
  }
}

/** Whether the connection is gone without a word from the server. */
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
