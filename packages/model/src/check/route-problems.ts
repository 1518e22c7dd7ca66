import type { z } from 'zod';
import { selfProblem } from './address-problems.ts';
import { authorizationProblems } from './authorization-problems.ts';
import type { RouteDocument, Unchecked } from '../documents/documents.ts';
import { duplicates } from './duplicates.ts';
import { ownedBackendId, referenceIn, routeIdOf } from '../documents/identity.ts';
import { limitProblems } from './limit-problems.ts';
import type { Listener } from './listeners.ts';
import { loginProblems } from './login-problems.ts';
import { sloProblems } from './slo-problems.ts';
import { suggestion } from '../values/nearest.ts';
import { firstProblems, ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';
import type { routeConfig } from '../config/route-config.ts';
import { entityName } from '../values/text.ts';

/** What a route is checked against. */
export interface RouteSurroundings {
  /** The route as somebody wrote it. */
  readonly written: unknown;
  /** The shared backend with this id. */
  backend(backendId: string): SharedBackend | undefined;
  readonly listeners: readonly Listener[];
  readonly hasRedis: boolean;
  /** The ids of all shared backends; asked for only when one is named that is not there. */
  backendIds(): Iterable<string>;
}

/** What a route needs to know of a shared backend that it names. */
interface SharedBackend {
  readonly name?: string | undefined;
  readonly weight?: number | undefined;
}

type ReadableRoute = Readable<z.output<typeof routeConfig>>;

/** A backend of a route; name and weight of a shared one are those of the shared list. */
interface RouteBackend extends SharedBackend {
  /** The address, when it is written in the route. */
  readonly url?: string | undefined;
  /** The shared backend that is named. */
  readonly reference?: string;
  /** Nothing is known of the shared backend that is named. */
  readonly isUnknown?: boolean;
  /** The id is written beside the address, and is not the one that such a backend has. */
  readonly hasOtherId?: boolean;
}

/** What is wrong between the fields of one route, as far as it can be read; paths begin at the route. */
export function routeProblems(route: ReadableRoute, surroundings: RouteSurroundings): Problem[] {
  const backends = (route.backends ?? []).map((backend) => backendOf(backend, route, surroundings));
  return firstProblems(
    duplicateBackends(backends),
    identityProblems(backends, surroundings),
    addressProblems(backends, surroundings.listeners),
    strategyProblems(route, backends),
    retryProblems(route, surroundings.written),
    pathProblems(route),
    authorizationProblems(route),
    loginProblems(route),
    limitProblems(route, surroundings.hasRedis),
    sloProblems(route.slo),
  );
}

function backendOf(
  item: NonNullable<ReadableRoute['backends']>[number],
  { routeId, name }: ReadableRoute,
  { backend }: RouteSurroundings,
): RouteBackend {
  const reference = referenceIn(item);
  if (reference !== undefined) {
    const shared = backend(reference);
    return { name: shared?.name, weight: shared?.weight, reference, isUnknown: shared === undefined };
  }
  const owned = item as Extract<typeof item, { readonly url?: unknown }>;
  const ownId = ownedBackendId(routeIdOf({ routeId, name }) ?? '', owned.name ?? '');
  return { ...owned, hasOtherId: owned.backendId !== undefined && owned.backendId !== ownId };
}

function duplicateBackends(backends: readonly RouteBackend[]): Problem[] {
  return duplicates(
    backends.map(({ name }) => name),
    (index) => ['backends', index, backends[index].reference === undefined ? 'name' : 'backendId'],
    'backend name',
  );
}

function identityProblems(backends: readonly RouteBackend[], surroundings: RouteSurroundings): Problem[] {
  const problems = new ProblemList();
  for (const [index, { reference, isUnknown, hasOtherId }] of backends.entries()) {
    const path = ['backends', index, 'backendId'];
    if (isUnknown && reference !== undefined) {
      // What cannot be an id is reported by its schema.
      if (!entityName.safeParse(reference).success) continue;
      if (problems.isFull) problems.count(1);
      else problems.add([{ path, message: unknownMessage(reference, [...surroundings.backendIds()]) }]);
    } else if (hasOtherId) problems.add([{ path, message: otherIdMessage }]);
  }
  return problems.all();
}

const otherIdMessage =
  'a backend that is written here has no id of its own: leave it out, or write the id alone to use a shared backend';

function unknownMessage(id: string, known: readonly string[]): string {
  if (known.length > 0) return `no shared backend has this id${suggestion(id, known)}`;
  return 'there are no shared backends: add it to backends, or write it here with its name and url';
}

function addressProblems(backends: readonly RouteBackend[], listeners: readonly Listener[]): Problem[] {
  return backends.flatMap(({ url }, index) => {
    const message = selfProblem(url, listeners);
    return message === undefined ? [] : [{ path: ['backends', index, 'url'], message }];
  });
}

function strategyProblems({ strategy, strategyConfig }: ReadableRoute, backends: readonly RouteBackend[]): Problem[] {
  switch (strategy) {
    case 'Direct':
      if (backends.length <= 1) return [];
      return [{ path: ['backends'], message: `Direct takes exactly one backend; ${backends.length} are given` }];
    case 'WeightedRoundRobin':
      if (backends.length === 0 || backends.some(({ weight = 1 }) => weight > 0)) return [];
      return [{ path: ['backends'], message: 'WeightedRoundRobin needs a backend whose weight is above 0' }];
    case 'HeaderBased':
      return headerBasedProblems(strategyConfig, backends);
    default:
      return [];
  }
}

function headerBasedProblems(settings: ReadableRoute['strategyConfig'], backends: readonly RouteBackend[]): Problem[] {
  if (settings === undefined) {
    return [{ path: ['strategyConfig'], message: 'HeaderBased needs headerName, routingRules and defaultBackend' }];
  }
  // An unknown backend, which is reported already, could have any name.
  if (backends.some(({ isUnknown }) => isUnknown)) return [];
  const names = backends.flatMap(({ name }) => name ?? []);
  const missing = (name: string) => `no backend of this route has this name${suggestion(name, names)}`;
  const known = new Set(names);
  const problems = new ProblemList();
  const refuse = (path: Problem['path'], name: string): void => {
    if (known.has(name)) return;
    if (problems.isFull) problems.count(1);
    else problems.add([{ path: ['strategyConfig', ...path], message: missing(name) }]);
  };
  for (const [value, name] of Object.entries(settings.routingRules ?? {})) {
    if (name !== undefined) refuse(['routingRules', value], name);
  }
  if (settings.defaultBackend !== undefined) refuse(['defaultBackend'], settings.defaultBackend);
  return problems.all();
}

function retryProblems({ retryPolicy }: ReadableRoute, written: unknown): Problem[] {
  const { initialDelay, maxDelay } = retryPolicy ?? {};
  if (initialDelay === undefined || maxDelay === undefined || initialDelay <= maxDelay) return [];
  const { retryPolicy: given } = written as Unchecked<RouteDocument>;
  const isWritten = (given as Unchecked<NonNullable<RouteDocument['retryPolicy']>>).initialDelay !== undefined;
  const path = ['retryPolicy', isWritten ? 'initialDelay' : 'maxDelay'];
  return [{ path, message: 'initialDelay is longer than maxDelay' }];
}

function pathProblems({ path, transformations }: ReadableRoute): Problem[] {
  if (path !== 'raw' || transformations?.request?.rewritePath === undefined) return [];
  const message = 'raw passes the path on as it came: leave out transformations.request.rewritePath, or use normalised';
  return [{ path: ['path'], message }];
}
