import { ProblemList } from './problem.ts';
import type { Problem } from './problem.ts';
import type { RouteConfig } from './route-config.ts';

type Match = Pick<
  RouteConfig,
  'name' | 'isEnabled' | 'pathPattern' | 'methods' | 'hosts' | 'headers' | 'query' | 'priority'
>;

/**
 * Routes that match exactly what another one matches, at the same priority: only one of them ever gets a request. That is right
 * where one is about to replace the other, so it is for people to judge and no reason to refuse.
 */
export function sameMatches(routes: readonly Match[]): Problem[] {
  const problems = new ProblemList();
  const first = new Map<string, number>();
  for (const [index, route] of routes.entries()) {
    if (!route.isEnabled) continue;
    const key = matchOf(route);
    const other = first.get(key);
    if (other === undefined) first.set(key, index);
    else {
      const taken = route.name < routes[other].name ? route : routes[other];
      const message = `matches the same as route ${routes[other].name}: ${taken.name} gets every request, by its name; give one a higher priority`;
      problems.add([{ path: ['routes', index], message }]);
    }
  }
  return problems.all();
}

/** What captured segments are called does not matter to what is matched. */
function matchOf({ pathPattern, methods, hosts, headers, query, priority }: Match): string {
  const conditions = (of: Readonly<Record<string, string>>, nameOf: (name: string) => string) =>
    Object.entries(of).map(([name, value]) => JSON.stringify([nameOf(name), value]));
  return JSON.stringify([
    pathPattern.replaceAll(/\{[^/}]*\}/g, '*'),
    methods.toSorted(),
    hosts.toSorted(),
    conditions(headers, (name) => name.toLowerCase()).toSorted(),
    conditions(query, (name) => name).toSorted(),
    priority,
  ]);
}
