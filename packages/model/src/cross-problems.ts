import { addressProblems } from './address-problems.ts';
import { suggestion } from './nearest.ts';
import { parseDuration } from './duration.ts';
import type { Problem } from './problem.ts';
import { readDraft } from './draft.ts';
import type { RouteDraft } from './draft.ts';

/**
 * What is wrong between fields, each of which may be right by itself. Works on what the user wrote, however broken the
 * rest is, so that these problems are reported together with those of single fields.
 */
export function crossProblems(value: unknown): Problem[] {
  const draft = readDraft(value);
  return [
    ...duplicateRoutes(draft.routes),
    ...draft.routes.flatMap((route, index) => routeProblems(route, ['routes', index])),
    ...addressProblems(draft),
  ];
}

function duplicateRoutes(routes: readonly RouteDraft[]): Problem[] {
  const names = duplicates(
    routes.map((route) => route.name),
    (index) => ['routes', index, 'name'],
    'route name',
  );
  const ids = duplicates(
    routes.map((route) => route.routeId),
    (index) => ['routes', index, 'routeId'],
    'routeId',
  );
  // A routeId that was not written is the name: one mistake, one problem.
  const reported = new Set(names.map((problem) => problem.path[1]));
  return [...names, ...ids.filter((problem) => !reported.has(problem.path[1]))];
}

function duplicates(
  names: readonly (string | undefined)[],
  pathOf: (index: number) => (string | number)[],
  what: string,
): Problem[] {
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    return [{ path: pathOf(index), message: `this ${what} is already used by number ${earlier + 1} of the list` }];
  });
}

function routeProblems(route: RouteDraft, path: (string | number)[]): Problem[] {
  const names = route.backends.map((backend) => backend.name);
  return [
    ...duplicates(names, (index) => [...path, 'backends', index, 'name'], 'backend name'),
    ...strategyProblems(route, path),
    ...retryProblems(route, path),
  ];
}

function strategyProblems(route: RouteDraft, path: (string | number)[]): Problem[] {
  switch (route.strategy) {
    case 'Direct':
      if (route.backendCount === undefined || route.backendCount <= 1) return [];
      return [
        { path: [...path, 'backends'], message: `Direct takes exactly one backend; ${route.backendCount} are given` },
      ];
    case 'WeightedRoundRobin':
      if (route.backends.length === 0 || route.backends.some((backend) => backend.weight > 0)) return [];
      return [{ path: [...path, 'backends'], message: 'WeightedRoundRobin needs a backend whose weight is above 0' }];
    case 'HeaderBased':
      return headerBasedProblems(route, path);
    default:
      return [];
  }
}

function headerBasedProblems(route: RouteDraft, path: (string | number)[]): Problem[] {
  const settings = route.strategyConfig;
  if (settings === undefined) {
    return [
      { path: [...path, 'strategyConfig'], message: 'HeaderBased needs headerName, routingRules and defaultBackend' },
    ];
  }
  const names = route.backends.flatMap((backend) => backend.name ?? []);
  const missing = (name: string) => `no backend of this route has this name${suggestion(name, names)}`;
  const problems: Problem[] = [];
  for (const [value, name] of settings.routingRules) {
    if (!names.includes(name)) {
      problems.push({ path: [...path, 'strategyConfig', 'routingRules', value], message: missing(name) });
    }
  }
  const fallback = settings.defaultBackend;
  if (fallback !== undefined && !names.includes(fallback)) {
    problems.push({ path: [...path, 'strategyConfig', 'defaultBackend'], message: missing(fallback) });
  }
  return problems;
}

function retryProblems(route: RouteDraft, path: (string | number)[]): Problem[] {
  const initial = parseDuration(route.retryInitialDelay ?? '100ms');
  const longest = parseDuration(route.retryMaxDelay ?? '2s');
  if (initial === undefined || longest === undefined || initial <= longest) return [];
  const written = route.retryInitialDelay === undefined ? 'maxDelay' : 'initialDelay';
  return [{ path: [...path, 'retryPolicy', written], message: 'initialDelay is longer than maxDelay' }];
}
