import { takeServerTls } from './server-tls.ts';
import type { ServerTls } from './server-tls.ts';

/** Where a store in PostgreSQL is. */
export interface PostgresAddress {
  /** For the library, without what only Sluice understands. */
  readonly connectionString: string;
  /** The schema of the tables; undefined for the first of the search path, usually `public`. */
  readonly schema: string | undefined;
  /** Undefined when the address names no TLS files. */
  readonly tls: ServerTls | undefined;
}

/** Takes `?schema=` and the TLS files out of a URL. Throws an Error that does not show the URL, which may contain a password. */
export function parseAddress(url: string): PostgresAddress {
  const parsed = URL.parse(url);
  if (parsed === null) throw new Error('store.url is not a valid URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  const schema = parsed.searchParams.get('schema') ?? undefined;
  if (schema !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema)) {
    throw new Error('store.url: schema must be a name of at most 63 letters, digits and _');
  }
  const before = parsed.href;
  parsed.searchParams.delete('schema');
  const tls = takeServerTls(parsed);
  return { connectionString: parsed.href === before ? url : parsed.href, schema, tls };
}
