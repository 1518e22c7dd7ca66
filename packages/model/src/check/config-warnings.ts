import type { RouteDocument, Unchecked } from '../documents/documents.ts';
import { ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import type { RouteConfig } from '../config/route-config.ts';
import { SameMatches } from '../documents/same-matches.ts';
import type { Match } from '../documents/same-matches.ts';
import type { Strategy } from '../config/strategies.ts';

/** How a route chooses among its backends, as far as warnings look at it. */
export interface Choice {
  /** The strategy that somebody named; undefined when nobody did, or when that is not known. */
  readonly strategy: Strategy | undefined;
  readonly weights: readonly number[];
}

/** Finds what is valid in routes but probably not intended; takes one route after another. */
export class RouteWarnings {
  readonly #matches = new SameMatches();

  /** Paths begin at the route. A match that an earlier route has too is reported. */
  of(route: Match, choice: Choice): Problem[] {
    return [...this.#matches.add(route), ...weightWarnings(choice)];
  }
}

/** The warnings of a valid configuration, given as it was written and as it was read; paths as in problems. */
export function configWarnings(given: unknown, routes: readonly RouteConfig[]): Problem[] {
  const { routes: written = [] } = given as { readonly routes?: readonly Unchecked<RouteDocument>[] };
  const found = new RouteWarnings();
  const all = new ProblemList();
  for (const [index, route] of routes.entries()) {
    const strategy = written[index].strategy === undefined ? undefined : route.strategy;
    const warnings = found.of(route, { strategy, weights: route.backends.map(({ weight }) => weight) });
    all.add(warnings.map(({ path, message }) => ({ path: ['routes', index, ...path], message })));
  }
  return all.all();
}

/** Weights that differ under a strategy that was named and does not go by them. */
function weightWarnings({ strategy, weights }: Choice): Problem[] {
  if (new Set(weights.filter((weight) => weight > 0)).size < 2) return [];
  switch (strategy) {
    case 'RoundRobin':
      return [{ path: ['strategy'], message: 'the weights differ, so backends are chosen as by WeightedRoundRobin' }];
    case 'HeaderBased':
      return [{ path: ['strategy'], message: 'HeaderBased chooses by the header: weights above 0 make no difference' }];
    default:
      return [];
  }
}
