/** Where a store in PostgreSQL is. */
export interface PostgresAddress {
  /** As the library takes it: without what is only ours. */
  readonly connectionString: string;
  /** The schema that holds the tables; undefined for the first of the search path, usually `public`. */
  readonly schema: string | undefined;
}

/** Takes `?schema=` out of a URL. Throws an Error that does not show the URL, which may hold a password. */
export function parseAddress(url: string): PostgresAddress {
  const parsed = URL.parse(url);
  if (parsed === null) throw new Error('store.url is not a valid URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  const schema = parsed.searchParams.get('schema') ?? undefined;
  if (schema !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema)) {
    throw new Error('store.url: schema must be a name of letters, digits and _, 63 at most');
  }
  if (schema === undefined) return { connectionString: url, schema };
  parsed.searchParams.delete('schema');
  return { connectionString: parsed.href, schema };
}
