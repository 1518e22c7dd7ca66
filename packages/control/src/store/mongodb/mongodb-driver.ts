import { createCatalogue } from '../catalogue.ts';
import type { Migration } from '../migrations.ts';
import { migrations as allMigrations } from '../migrations.ts';
import type { StoreDriver, StoreOptions } from '../store.ts';
import { connect } from './mongodb-connection.ts';
import type { Connection } from './mongodb-connection.ts';
import { asUnavailable } from './mongodb-errors.ts';
import { TipReader } from './tip.ts';
import { migrate, planned } from './migrate.ts';
import { MongodbStore } from './mongodb-store.ts';
import { namedDatabase } from './records.ts';
import type { Tuning } from './tuning.ts';
import { usualTuning } from './tuning.ts';

/** The driver of `mongodb:` and `mongodb+srv:`, with these migrations and this tuning. */
export function createMongodbDriver(
  migrations: readonly Migration[] = allMigrations,
  tuning: Partial<Tuning> = {},
): StoreDriver {
  const tuned = { ...usualTuning, ...tuning };
  return {
    open: (options) => openMongodbStore(options, migrations, tuned),
    async pending(options) {
      const catalogue = createCatalogue(options.collections);
      const connection = await connect(options);
      return closingAfter(connection, async () => {
        const tip = await new TipReader(namedDatabase(connection.db)).read();
        return planned({ migrations, catalogue }, tip).map(({ version, name }) => ({ version, name }));
      });
    },
  };
}

/** The driver of `mongodb:` and `mongodb+srv:`. */
export const mongodbDriver: StoreDriver = createMongodbDriver();

/** Opens the store; see `StoreDriver.open`. */
export async function openMongodbStore(
  options: StoreOptions,
  migrations: readonly Migration[],
  tuning: Tuning,
): Promise<MongodbStore> {
  const catalogue = createCatalogue(options.collections);
  const { log: tell } = options;
  const connection = await connect(options);
  const store = new MongodbStore({ connection, catalogue, tuning, tell });
  try {
    const { database, tips, log } = store;
    await migrate({ database, tips, log, tuning, catalogue, migrations, tell });
    return store;
  } catch (error) {
    await store.close();
    throw asUnavailable(error);
  }
}

async function closingAfter<T>(connection: Connection, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    await connection.close();
  }
}
