import { takeServerTls } from './server-trust.ts';
import type { ServerTls } from './server-trust.ts';

/** Where a store in PostgreSQL is. */
export interface PostgresAddress {
  /** As the library takes it: without what is only ours. */
  readonly connectionString: string;
  /** The schema that holds the tables; undefined for the first of the search path, usually `public`. */
  readonly schema: string | undefined;
  /** Undefined when the address names no files of TLS. */
  readonly tls: ServerTls | undefined;
}

/** Takes `?schema=` and the files of TLS out of a URL. Throws an Error that does not show the URL, which may hold a password. */
export function parseAddress(url: string): PostgresAddress {
  const parsed = URL.parse(url);
  if (parsed === null) throw new Error('store.url is not a valid URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  const schema = parsed.searchParams.get('schema') ?? undefined;
  if (schema !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema)) {
    throw new Error('store.url: schema must be a name of letters, digits and _, 63 at most');
  }
  const before = parsed.href;
  parsed.searchParams.delete('schema');
  const tls = takeServerTls(parsed);
  return { connectionString: parsed.href === before ? url : parsed.href, schema, tls };
}
