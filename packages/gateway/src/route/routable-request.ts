/** What a route table may look at in a request. Implementations read the received head lazily and allocate nothing. */
export interface RoutableRequest {
  /** The method token as received; methods are case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** The path as `normalisePath` returns it, without the query. */
  readonly path: string;
  /** The query without its `?`; `''` when there is none. */
  readonly query: string;
  /** The host in lower case, without a port. */
  readonly host: string;
  /** The value of a header as received bytes (latin1), or `undefined` when it is absent. */
  header(lowerCaseName: string): string | undefined;
}
