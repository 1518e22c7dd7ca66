import type { RouteDocument, Unchecked } from '../documents/documents.ts';
import { ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import type { ManagementConfig } from '../config/management-config.ts';
import type { RouteConfig } from '../config/route-config.ts';
import type { MetricsConfig } from '../config/metrics-config.ts';
import type { TracingConfig } from '../config/tracing-config.ts';
import { isPrivateHost } from './address-problems.ts';
import { authenticationWarnings } from './authentication-warnings.ts';
import type { MethodsOfRoute } from './authentication-warnings.ts';
import { authorizationWarnings } from './authorization-problems.ts';
import type { AccessOfRoute } from './authorization-problems.ts';
import { limitWarnings } from './limit-warnings.ts';
import type { LimitsOfRoute } from './limit-warnings.ts';
import { otlpWarnings } from './otlp-warnings.ts';
import { sloWarnings } from './slo-problems.ts';
import type { ObjectiveOfRoute } from './slo-problems.ts';
import { SameMatches } from '../documents/same-matches.ts';
import type { Match } from '../documents/same-matches.ts';
import type { Strategy } from '../config/strategies.ts';

/** How a route chooses among its backends, as far as warnings look at it. */
export interface Choice {
  /** The strategy that somebody named; undefined when nobody did, or when that is not known. */
  readonly strategy: Strategy | undefined;
  readonly weights: readonly number[];
}

/** A route, as far as warnings look at what it says by itself. */
export type WarnedRoute = Match & MethodsOfRoute & AccessOfRoute & LimitsOfRoute & ObjectiveOfRoute;

/** Finds what is valid in routes but probably not intended; takes one route after another. */
export class RouteWarnings {
  readonly #matches = new SameMatches();

  /** Paths begin at the route. A match that an earlier route has too is reported. */
  of(route: WarnedRoute, choice: Choice): Problem[] {
    return [
      ...this.#matches.add(route),
      ...weightWarnings(choice),
      ...authenticationWarnings(route),
      ...authorizationWarnings(route),
      ...limitWarnings(route),
      ...sloWarnings(route),
    ];
  }
}

/** A configuration that was read. */
interface ReadConfig {
  readonly management: Pick<ManagementConfig, 'host' | 'tls'>;
  readonly tracing?: TracingConfig | undefined;
  readonly metrics: MetricsConfig;
  readonly routes: readonly RouteConfig[];
}

/** The warnings of a valid configuration, given as it was written and as it was read; paths as in problems. */
export function configWarnings(given: unknown, { management, tracing, metrics, routes }: ReadConfig): Problem[] {
  const { routes: written = [] } = given as { readonly routes?: readonly Unchecked<RouteDocument>[] };
  const found = new RouteWarnings();
  const all = new ProblemList()
    .add(openWarnings(management))
    .add(otlpWarnings('tracing', tracing))
    .add(otlpWarnings('metrics', metrics));
  for (const [index, route] of routes.entries()) {
    const strategy = written[index].strategy === undefined ? undefined : route.strategy;
    const warnings = found.of(route, { strategy, weights: route.backends.map(({ weight }) => weight) });
    all.add(warnings.map(({ path, message }) => ({ path: ['routes', index, ...path], message })));
  }
  return all.all();
}

function openWarnings({ host, tls }: ReadConfig['management']): Problem[] {
  if (tls !== undefined || isPrivateHost(host)) return [];
  const message =
    'others on the network reach this port without TLS, and can read passwords and tokens: set management.tls, or listen on 127.0.0.1';
  return [{ path: ['management', 'host'], message }];
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
