import type { z } from 'zod';
import type { BackendConfig } from '../config/backend-config.ts';
import { ownedBackendId } from '../documents/identity.ts';
import { splitConfig } from '../deployment/split-config.ts';
import { fieldProblems } from './field-problems.ts';
import type { Listener } from './listeners.ts';
import { firstProblems } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import { readable } from './readable.ts';
import { routeConfig } from '../config/route-config.ts';
import type { RouteConfig, RouteSplit } from '../config/route-config.ts';
import { routeProblems } from './route-problems.ts';

/** The outcome of reading a route; paths of problems begin at the route. */
export type ParseRouteResult =
  | { readonly ok: true; readonly route: RouteConfig }
  | { readonly ok: false; readonly problems: Problem[] };

/** What a route is read with. */
export interface RouteContext {
  /** The shared backend with this id, which becomes part of the route as it is. */
  readonly backends: (backendId: string) => BackendConfig | undefined;
  /** The ids of all shared backends, to suggest one when the id that is named does not exist. */
  readonly backendIds?: () => Iterable<string>;
  /** Where the gateway itself listens (`listenersOf`): a backend may not lead back to it. */
  readonly listeners?: readonly Listener[];
  /** Whether limits may count in Redis; true by default. */
  readonly hasRedis?: boolean;
  /** true reads the `split` of a deployment too, as kept documents have it; otherwise it is an unknown field. */
  readonly split?: boolean;
}

/**
 * Validates the document of a route, fills in its defaults and puts shared backends in their places; reports every
 * problem at once and never throws. That its name and id are unique is for the caller to see to.
 */
export function parseRoute(document: unknown, context: RouteContext): ParseRouteResult {
  if (context.split !== true || !hasSplit(document)) return parseOne(document, context);
  const { split, ...own } = document;
  const [route, read] = [parseOne(own, context), readSplit(split, context)];
  if (!route.ok) return route;
  if (!read.ok) return { ok: false, problems: read.problems };
  return { ok: true, route: { ...route.route, split: read.split } };
}

function parseOne(document: unknown, context: RouteContext): ParseRouteResult {
  const { backends, listeners = [], backendIds = () => [], hasRedis = true } = context;
  const result = routeConfig.safeParse(document, { reportInput: true });
  const route = result.success ? result.data : readable(routeConfig, document);
  const across = routeProblems(route, { written: document, backend: backends, listeners, hasRedis, backendIds });
  if (result.success && across.length === 0) return { ok: true, route: resolveRoute(result.data, backends) };
  const fields = result.success ? [] : fieldProblems(result.error.issues, ['routes', 0]);
  return { ok: false, problems: firstProblems(fields, across) };
}

function hasSplit(document: unknown): document is { split: unknown } {
  return typeof document === 'object' && document !== null && 'split' in document && document.split !== undefined;
}

type ReadSplit = { ok: true; split: RouteSplit } | { ok: false; problems: Problem[] };

function readSplit(value: unknown, context: RouteContext): ReadSplit {
  const { candidate, ...settings } = (value ?? {}) as { candidate?: unknown };
  const read = splitConfig.safeParse(settings, { reportInput: true });
  const route = parseOne(candidate, context);
  if (read.success && route.ok) return { ok: true, split: { ...read.data, candidate: route.route } };
  const own = read.success ? [] : fieldProblems(read.error.issues, ['routes', 0, 'split']);
  const inner = route.ok ? [] : route.problems;
  const below = (path: Problem['path'], ...steps: string[]) => [...steps, ...path];
  return {
    ok: false,
    problems: firstProblems(
      own.map((problem) => ({ ...problem, path: below(problem.path, 'split') })),
      inner.map((problem) => ({ ...problem, path: below(problem.path, 'split', 'candidate') })),
    ),
  };
}

/** A route that was found right, with its ids and with whole backends. */
export function resolveRoute(
  route: z.output<typeof routeConfig>,
  shared: (backendId: string) => BackendConfig | undefined,
): RouteConfig {
  const routeId = route.routeId ?? route.name;
  const backends = route.backends.map((item) => {
    if ('url' in item) return { ...item, backendId: ownedBackendId(routeId, item.name) };
    const found = shared(item.backendId);
    if (found === undefined) throw new Error('a shared backend that was there is gone');
    return found;
  });
  return { ...route, routeId, backends };
}
