import { makePrivateFolder, messageOf } from '@sluice/service';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Catalogue } from '../catalogue.ts';
import { createCatalogue } from '../catalogue.ts';
import { planMigrations } from '../migration-plan.ts';
import type { Migration } from '../migrations.ts';
import { migrations as released } from '../migrations.ts';
import { migrate, pendingIn } from '../sql/migrate.ts';
import type { StoreDriver, StoreOptions } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import { Connection } from './sqlite-connection.ts';
import { isDamage, whenFree } from './sqlite-errors.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { SqliteStore } from './sqlite-store.ts';

/** The driver of `sqlite:PATH`, with these migrations. */
export function createSqliteDriver(migrations: readonly Migration[] = released): StoreDriver {
  return {
    async open({ url, collections, log }: StoreOptions) {
      const catalogue = createCatalogue(collections);
      const file = fileOf(url);
      await createFile(file);
      const connection = connect(file);
      try {
        await whenFree(() => connection.run('PRAGMA journal_mode = WAL'));
        const applied = await migrateUnderLock(connection, catalogue, migrations);
        for (const { version, name } of applied) log?.info('store migration applied', { version, name });
      } catch (error) {
        connection.close();
        throw asDamage(file, error);
      }
      return new SqliteStore(file, catalogue, connection);
    },

    async pending({ url, collections }: StoreOptions) {
      const catalogue = createCatalogue(collections);
      const file = fileOf(url);
      const planned = existsSync(file)
        ? await pendingInFile(file, catalogue, migrations)
        : planMigrations(migrations, catalogue, []);
      return planned.map(({ version, name }) => ({ version, name }));
    },
  };
}

/** The driver of `sqlite:PATH`. */
export const sqliteDriver: StoreDriver = createSqliteDriver();

async function migrateUnderLock(connection: Connection, catalogue: Catalogue, migrations: readonly Migration[]) {
  await connection.beginWriting();
  try {
    const applied = await migrate({ session: connection, dialect: sqliteDialect, catalogue, migrations });
    connection.run('COMMIT');
    return applied;
  } catch (error) {
    connection.rollBack();
    throw error;
  }
}

async function pendingInFile(file: string, catalogue: Catalogue, migrations: readonly Migration[]) {
  const connection = connect(file);
  try {
    return await pendingIn({ session: connection, dialect: sqliteDialect, catalogue, migrations });
  } finally {
    connection.close();
  }
}

function fileOf(url: string): string {
  const path = url.replace(/^sqlite:(\/\/)?/i, '');
  if (path === '' || path.startsWith(':')) {
    throw new Error('store.url: a file must follow sqlite:, as in sqlite:.sluice/sluice.db (without a file: memory:)');
  }
  return resolve(path);
}

/** Makes the file and its folder. Only the owner has access, because the file contains password hashes and keys. */
async function createFile(file: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(file));
    await (await open(file, 'a', 0o600)).close();
  } catch (error) {
    throw new StoreUnavailableError(`the store's file cannot be created: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function connect(file: string): Connection {
  try {
    return new Connection(file);
  } catch (error) {
    throw asDamage(file, error);
  }
}

/** Explains that a file is damaged. Other errors stay as they are. */
function asDamage(file: string, error: unknown): unknown {
  if (!isDamage(error)) return error;
  const what = 'is damaged, or is not a SQLite database';
  return new Error(`${file} ${what}: delete it, and restore a backup with sluice restore if there is one`, {
    cause: error,
  });
}
