import { createCatalogue } from '../catalogue.ts';
import type { Migration } from '../migrations.ts';
import { migrations as released } from '../migrations.ts';
import { quoted } from '../sql/dialect.ts';
import type { SqlSession } from '../sql/dialect.ts';
import { migrate, pendingIn } from '../sql/migrate.ts';
import type { StoreDriver, StoreOptions } from '../store.ts';
import type { PostgresAddress } from './address.ts';
import { parseAddress } from './address.ts';
import { Connections } from './postgres-connection.ts';
import { createPostgresDialect } from './postgres-dialect.ts';
import { PostgresStore } from './postgres-store.ts';

/** The driver of `postgres://…`, with these migrations. */
export function createPostgresDriver(migrations: readonly Migration[] = released): StoreDriver {
  return {
    async open(options: StoreOptions) {
      const { catalogue, address, dialect, connections } = prepare(options);
      try {
        await connections.inTransaction(checkServer);
        const applied = await connections.inTransaction(
          async (session) => {
            await takeLock(session, address);
            if (address.schema !== undefined) {
              await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(address.schema)}`);
            }
            return migrate({ session, dialect, catalogue, migrations });
          },
          { patient: true },
        );
        for (const { version, name } of applied) options.log?.info('store migration applied', { version, name });
      } catch (error) {
        await connections.end();
        throw error;
      }
      return new PostgresStore(connections, dialect, catalogue);
    },

    async pending(options: StoreOptions) {
      const { catalogue, dialect, connections } = prepare(options);
      try {
        const planned = await connections.inTransaction(async (session) => {
          await checkServer(session);
          return pendingIn({ session, dialect, catalogue, migrations });
        });
        return planned.map(({ version, name }) => ({ version, name }));
      } finally {
        await connections.end();
      }
    },
  };
}

/** The driver of `postgres://…`. */
export const postgresDriver: StoreDriver = createPostgresDriver();

/** Throws an Error when the server is too old, or the database cannot store all text. */
export function refuseUnfit(version: string, encoding: string): void {
  if (Number.parseInt(version, 10) < 15) throw new Error(`the store needs PostgreSQL 15 or newer; this is ${version}`);
  if (encoding !== 'UTF8') throw new Error(`the store needs a database with the encoding UTF8; this has ${encoding}`);
}

function prepare({ url, collections, log }: StoreOptions) {
  const address = parseAddress(url);
  return {
    catalogue: createCatalogue(collections),
    address,
    dialect: createPostgresDialect(address.schema),
    connections: new Connections(address, log),
  };
}

async function checkServer(session: SqlSession): Promise<void> {
  const [row = {}] = await session.query(
    "SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding",
  );
  refuseUnfit(row['version'] as string, row['encoding'] as string);
}

/** Keeps other processes from migrating the same schema until the transaction ends. */
async function takeLock(session: SqlSession, { schema = '' }: PostgresAddress): Promise<void> {
  await session.query('SET LOCAL lock_timeout = 60000');
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`sluice migrations ${schema}`]);
}
