import { parsePathPattern } from '@sluice/model';
import type { RouteDocument, Segment } from '@sluice/model';

/**
 * Whether one request could match both routes. Headers and query parameters do not matter: a request may have those of
 * both routes.
 */
export function overlap(one: RouteDocument, other: RouteDocument): boolean {
  return (
    either(one.hosts, other.hosts, hostsMeet) &&
    either(one.methods, other.methods, (a, b) => a === b) &&
    pathsMeet(parsePathPattern(one.pathPattern), parsePathPattern(other.pathPattern))
  );
}

/** An empty list matches anything. */
function either(some: readonly string[], others: readonly string[], meet: (a: string, b: string) => boolean): boolean {
  if (some.length === 0 || others.length === 0) return true;
  return some.some((one) => others.some((other) => meet(one, other)));
}

function hostsMeet(one: string, other: string): boolean {
  if (one === other) return true;
  const covers = (pattern: string, host: string): boolean =>
    pattern.startsWith('*.') && host.replace(/^\*\./, '.').endsWith(pattern.slice(1));
  return covers(one, other) || covers(other, one);
}

function pathsMeet([a, ...restA]: readonly Segment[], [b, ...restB]: readonly Segment[]): boolean {
  if (a === undefined || b === undefined) return a === b || (a ?? b)?.kind === 'rest';
  if (a.kind === 'rest' || b.kind === 'rest') return true;
  return (a.kind !== 'literal' || b.kind !== 'literal' || a.text === b.text) && pathsMeet(restA, restB);
}
