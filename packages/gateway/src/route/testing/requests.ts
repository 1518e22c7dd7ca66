import { parsePathPattern } from '@sluice/model';
import type { RoutableRequest } from '../routable-request.ts';
import type { Matchable } from '../rule.ts';

/** A route as a test writes it: whatever is not given is the default of the configuration. */
export type GivenRoute = Partial<Omit<Matchable, 'pattern'>> & { readonly path?: string };

/** A route that is named after its path unless it has a name. */
export function routeOf(given: GivenRoute): Matchable {
  const path = given.path ?? '/**';
  return {
    name: given.name ?? path,
    pattern: parsePathPattern(path),
    methods: given.methods ?? [],
    hosts: given.hosts ?? [],
    headers: given.headers ?? {},
    query: given.query ?? {},
    priority: given.priority ?? 0,
  };
}

/** A request as a test writes it: `GET http://host/path?query`, with headers by lower-case name. */
export function requestOf(line: string, headers: Readonly<Record<string, string>> = {}): RoutableRequest {
  const [, method, host, path, query] = /^(\S+) http:\/\/([^/]*)([^?]*)\??(.*)$/.exec(line) ?? [];
  if (method === undefined) throw new Error(`not a request line: ${line}`);
  return { method, host, path, query, header: (name) => headers[name] };
}
