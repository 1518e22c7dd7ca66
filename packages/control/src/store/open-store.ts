import { StoreUnusableError } from './store.ts';
import type { PendingMigration, Store, StoreDriver, StoreOptions } from './store.ts';
import { codeOf, messageOf } from '@sluice/service';

/** A kind of store. Its driver is loaded when it is needed, because nobody needs the libraries of all of them. */
interface StoreKind {
  readonly schemes: readonly string[];
  /** The form of its addresses, for messages. */
  readonly address: string;
  /** The npm package that its driver needs, which the user installs. */
  readonly library?: string;
  readonly load: () => Promise<StoreDriver>;
}

/** Every kind of store. */
const kinds: readonly StoreKind[] = [
  {
    schemes: ['sqlite'],
    address: 'sqlite:PATH',
    load: async () => (await import('./sqlite/sqlite-driver.ts')).sqliteDriver,
  },
  {
    schemes: ['memory'],
    address: 'memory:',
    load: async () => (await import('./memory/memory-driver.ts')).memoryDriver,
  },
  {
    schemes: ['postgres', 'postgresql'],
    address: 'postgres://…',
    library: 'pg',
    load: async () => (await import('./postgres/postgres-driver.ts')).postgresDriver,
  },
  {
    schemes: ['mongodb', 'mongodb+srv'],
    address: 'mongodb://…',
    library: 'mongodb',
    load: async () => (await import('./mongodb/mongodb-driver.ts')).mongodbDriver,
  },
];

/**
 * Opens the store of a URL, after applying pending migrations under a lock. Rejects with a StoreUnusableError that says what to do
 * (unknown scheme, missing package, store newer than this program), or with a StoreUnavailableError.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return await explained(async () => (await loadDriver(options.url)).open(options));
}

/** The migrations that `openStore` would apply. Changes nothing. Rejects like `openStore`. */
export async function pendingMigrations(options: StoreOptions): Promise<readonly PendingMigration[]> {
  return await explained(async () => (await loadDriver(options.url)).pending(options));
}

/** Drivers throw a plain Error for what a person has to change. It becomes a StoreUnusableError; other errors stay. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error' || 'code' in error) throw error;
    throw new StoreUnusableError(error.message, { cause: error });
  }
}

async function loadDriver(url: string): Promise<StoreDriver> {
  // A message shows only the scheme of the URL, because the rest may contain a password.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const kind = kinds.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
  if (kind === undefined) {
    const known = kinds.map(({ address }) => address).join(', ');
    throw new Error(`store.url must be one of ${known}; ${scheme ? `${scheme}: is not known` : 'it has no scheme'}`);
  }
  try {
    return await kind.load();
  } catch (error) {
    const { library } = kind;
    const isMissing = library !== undefined && codeOf(error) === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !messageOf(error).includes(`'${library}'`)) throw error;
    throw new Error(`a store of ${scheme}: needs the package ${library}: npm install ${library}`, { cause: error });
  }
}
