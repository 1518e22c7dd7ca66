import { StoreUnusableError } from './store.ts';
import type { PendingMigration, Store, StoreDriver, StoreOptions } from './store.ts';
import { codeOf } from '@sluice/service';

type Load = () => Promise<StoreDriver>;

// Loaded when it is asked for: nobody needs the libraries of all of them.
const drivers: Readonly<Record<string, Load>> = {
  sqlite: async () => (await import('./sqlite/index.ts')).sqliteDriver,
  memory: async () => (await import('./memory/index.ts')).memoryDriver,
  postgres: async () => (await import('./postgres/index.ts')).postgresDriver,
  postgresql: async () => (await import('./postgres/index.ts')).postgresDriver,
  mongodb: async () => (await import('./mongodb/index.ts')).mongodbDriver,
  'mongodb+srv': async () => (await import('./mongodb/index.ts')).mongodbDriver,
};

/** The npm package that a driver needs, which whoever uses it installs. */
const packages: Readonly<Record<string, string>> = {
  postgres: 'pg',
  postgresql: 'pg',
  mongodb: 'mongodb',
  'mongodb+srv': 'mongodb',
};

/**
 * Opens the store that the URL names, after applying pending migrations under a lock. Rejects with a StoreUnusableError that says
 * what to do (unknown scheme, package not installed, store newer than this program), or a StoreUnavailableError.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return await explained(async () => (await loadDriver(options.url)).open(options));
}

/** The migrations that `openStore` would apply; changes nothing. Rejects as that does. */
export async function pendingMigrations(options: StoreOptions): Promise<readonly PendingMigration[]> {
  return await explained(async () => (await loadDriver(options.url)).pending(options));
}

/** What a driver says in plain words is for people; everything else stays what it is. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error' || 'code' in error) throw error;
    throw new StoreUnusableError(error.message, { cause: error });
  }
}

async function loadDriver(url: string): Promise<StoreDriver> {
  // Of a URL that is not understood only the scheme is shown: what follows may hold a password.
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const load = scheme !== undefined && Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (scheme === undefined || load === undefined) {
    const known = 'sqlite:PATH, memory:, postgres://…, postgresql://…, mongodb://… or mongodb+srv://…';
    throw new Error(`store.url must be ${known}; ${scheme ? `${scheme}: is not known` : 'it has no scheme'}`);
  }
  try {
    return await load();
  } catch (error) {
    throw asMissingPackage(error, scheme) ?? error;
  }
}

function asMissingPackage(error: unknown, scheme: string): Error | undefined {
  const name = packages[scheme];
  const missing =
    error instanceof Error &&
    codeOf(error) === 'ERR_MODULE_NOT_FOUND' &&
    name !== undefined &&
    error.message.includes(`'${name}'`);
  if (!missing) return undefined;
  return new Error(`a store of ${scheme}: needs the package ${name}: npm install ${name}`, { cause: error });
}
