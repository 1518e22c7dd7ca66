import type { Problem } from '../values/problem.ts';
import type { RouteDocument } from './documents.ts';

/** What a route matches. */
export type Match = Pick<
  RouteDocument,
  'name' | 'isEnabled' | 'pathPattern' | 'methods' | 'hosts' | 'headers' | 'query' | 'priority'
>;

/**
 * Finds routes that match exactly what another route matches, at the same priority: only one of them ever gets a request.
 * That may be right, for instance while one replaces the other, so it is a warning and no problem.
 */
export class SameMatches {
  /** The name of the first route of each match. */
  readonly #first = new Map<string, string>();

  /** Adds a route, and warns when an earlier one matches the same. */
  add(route: Match): Problem[] {
    if (!route.isEnabled) return [];
    const key = matchOf(route);
    const other = this.#first.get(key);
    if (other === undefined) this.#first.set(key, route.name);
    if (other === undefined) return [];
    const taken = route.name < other ? route.name : other;
    const message = `matches the same as route ${other}: ${taken} gets every request, by its name; give one a higher priority`;
    return [{ path: [], message }];
  }
}

/** A path pattern by what it matches: what captured segments are called does not matter. */
export function shapeOf(pathPattern: string): string {
  return pathPattern.replaceAll(/\{[^/}]*\}/g, '*');
}

function matchOf({ pathPattern, methods, hosts, headers, query, priority }: Match): string {
  const conditions = (of: Readonly<Record<string, string>>, nameOf: (name: string) => string) =>
    Object.entries(of).map(([name, value]) => JSON.stringify([nameOf(name), value]));
  return JSON.stringify([
    shapeOf(pathPattern),
    methods.toSorted(),
    hosts.toSorted(),
    conditions(headers, (name) => name.toLowerCase()).toSorted(),
    conditions(query, (name) => name).toSorted(),
    priority,
  ]);
}
