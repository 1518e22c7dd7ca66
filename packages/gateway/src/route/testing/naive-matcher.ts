import type { Segment } from '@sluice/model';
import type { RoutableRequest } from '../routable-request.ts';
import type { Matchable } from '../rule.ts';

/** The matching rules as they are documented, without any structure: the model that the table is compared with. */
export function naiveFind<R extends Matchable>(routes: readonly R[], facts: RoutableRequest): R | undefined {
  return routes.filter((route) => takes(route, facts)).toSorted((a, b) => compare(a, b, facts))[0];
}

function takes(route: Matchable, facts: RoutableRequest): boolean {
  const query = new URLSearchParams(facts.query);
  return (
    hostRank(route, facts.host) >= 0 &&
    pathMatches(route.pattern, segmentsOf(facts.path)) &&
    (route.methods.length === 0 || route.methods.includes(facts.method)) &&
    Object.entries(route.headers).every(([name, value]) => {
      const received = facts.header(name.toLowerCase());
      return value === '*' ? received !== undefined : received === value;
    }) &&
    Object.entries(route.query).every(([name, value]) =>
      value === '*' ? query.has(name) : query.getAll(name).includes(value),
    )
  );
}

/** -1: does not match; 0: any host; the length of the matching wildcard; Infinity: exact. */
function hostRank(route: Matchable, host: string): number {
  if (route.hosts.length === 0) return 0;
  const ranks = route.hosts.map((pattern) => {
    if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1)) ? pattern.length : -1;
    return pattern === host ? Infinity : -1;
  });
  return Math.max(...ranks);
}

function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

function pathMatches(pattern: readonly Segment[], segments: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return segments.length === 0;
  if (first.kind === 'rest') return true;
  const [segment, ...following] = segments;
  if (segment === undefined) return false;
  if (first.kind === 'literal' ? first.text !== segment : segment === '') return false;
  return pathMatches(others, following);
}

function compare(a: Matchable, b: Matchable, facts: RoutableRequest): number {
  const byHost = hostRank(b, facts.host) - hostRank(a, facts.host);
  if (Number.isFinite(byHost) && byHost !== 0) return byHost;
  if (byHost === Infinity || byHost === -Infinity) return byHost;
  return (
    comparePatterns(a.pattern, b.pattern) ||
    conditionsOf(b) - conditionsOf(a) ||
    b.priority - a.priority ||
    (a.name < b.name ? -1 : 1)
  );
}

/** Both match the same path, so they differ first where one is less specific. */
function comparePatterns(a: readonly Segment[], b: readonly Segment[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = segmentRank(a[at]) - segmentRank(b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function segmentRank(segment: Segment | undefined): number {
  if (segment === undefined || segment.kind === 'literal') return 0;
  return segment.kind === 'rest' ? 2 : 1;
}

function conditionsOf(route: Matchable): number {
  return Object.keys(route.headers).length + Object.keys(route.query).length;
}
