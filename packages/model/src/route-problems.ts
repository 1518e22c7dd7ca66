import { selfProblem } from './address-problems.ts';
import type { Listener, RouteDraft } from './draft.ts';
import { duplicates } from './duplicates.ts';
import { parseDuration } from './duration.ts';
import { suggestion } from './nearest.ts';
import { firstProblems, ProblemList } from './problem.ts';
import type { Problem } from './problem.ts';
import { entityName } from './text.ts';

/** What a route is checked against. */
export interface RouteSurroundings {
  readonly listeners: readonly Listener[];
  /** The ids of all shared backends; asked for only when one is named that is not there. */
  backendIds(): Iterable<string>;
}

/** What is wrong between the fields of one route; paths begin at the route. */
export function routeProblems(route: RouteDraft, surroundings: RouteSurroundings): Problem[] {
  return firstProblems(
    duplicateBackends(route),
    identityProblems(route, surroundings),
    addressProblems(route, surroundings.listeners),
    strategyProblems(route),
    retryProblems(route),
    pathProblems(route),
  );
}

function duplicateBackends({ backends }: RouteDraft): Problem[] {
  return duplicates(
    backends.map(({ name }) => name),
    (index) => ['backends', index, backends[index].reference === undefined ? 'name' : 'backendId'],
    'backend name',
  );
}

function identityProblems({ backends }: RouteDraft, surroundings: RouteSurroundings): Problem[] {
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

function addressProblems({ backends }: RouteDraft, listeners: readonly Listener[]): Problem[] {
  return backends.flatMap(({ url }, index) => {
    const message = selfProblem(url, listeners);
    return message === undefined ? [] : [{ path: ['backends', index, 'url'], message }];
  });
}

function strategyProblems(route: RouteDraft): Problem[] {
  switch (route.strategy) {
    case 'Direct':
      if (route.backendCount === undefined || route.backendCount <= 1) return [];
      return [{ path: ['backends'], message: `Direct takes exactly one backend; ${route.backendCount} are given` }];
    case 'WeightedRoundRobin':
      if (route.backends.length === 0 || route.backends.some((backend) => backend.weight > 0)) return [];
      return [{ path: ['backends'], message: 'WeightedRoundRobin needs a backend whose weight is above 0' }];
    case 'HeaderBased':
      return headerBasedProblems(route);
    default:
      return [];
  }
}

function headerBasedProblems(route: RouteDraft): Problem[] {
  const settings = route.strategyConfig;
  if (settings === undefined) {
    return [{ path: ['strategyConfig'], message: 'HeaderBased needs headerName, routingRules and defaultBackend' }];
  }
  // A backend that is not known could have any name; that it is not known is reported already.
  if (route.backends.some(({ isUnknown }) => isUnknown)) return [];
  const names = route.backends.flatMap((backend) => backend.name ?? []);
  const missing = (name: string) => `no backend of this route has this name${suggestion(name, names)}`;
  const known = new Set(names);
  const problems = new ProblemList();
  const refuse = (path: Problem['path'], name: string): void => {
    if (known.has(name)) return;
    if (problems.isFull) problems.count(1);
    else problems.add([{ path: ['strategyConfig', ...path], message: missing(name) }]);
  };
  for (const [value, name] of settings.routingRules) refuse(['routingRules', value], name);
  if (settings.defaultBackend !== undefined) refuse(['defaultBackend'], settings.defaultBackend);
  return problems.all();
}

function retryProblems(route: RouteDraft): Problem[] {
  const initial = parseDuration(route.retryInitialDelay ?? '100ms');
  const longest = parseDuration(route.retryMaxDelay ?? '2s');
  if (initial === undefined || longest === undefined || initial <= longest) return [];
  const written = route.retryInitialDelay === undefined ? 'maxDelay' : 'initialDelay';
  return [{ path: ['retryPolicy', written], message: 'initialDelay is longer than maxDelay' }];
}

function pathProblems({ path, rewritePath }: RouteDraft): Problem[] {
  if (path !== 'raw' || rewritePath === undefined) return [];
  const message =
    'raw passes the path on as it came: leave out transformations.request.rewritePath, or take normalised';
  return [{ path: ['path'], message }];
}
