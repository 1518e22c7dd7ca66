import type { z } from 'zod';
import { listenerProblems, selfProblem } from './address-problems.ts';
import { changesProblems } from './changes-problems.ts';
import { consumerProblems } from './consumer-problems.ts';
import { duplicates } from './duplicates.ts';
import type { gatewayConfig } from '../config/gateway-config.ts';
import { listenersOf } from './listeners.ts';
import { nodeProblems } from './node-problems.ts';
import { firstProblems, ProblemList } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';
import { routeProblems } from './route-problems.ts';

type ReadableConfig = Readable<z.output<typeof gatewayConfig>>;

/**
 * What is wrong between fields, each of which may be right by itself. Takes what can be read of a configuration, so that
 * these problems are reported together with those of single fields. `written` is the configuration before it was read.
 */
export function crossProblems(config: ReadableConfig, written: unknown): Problem[] {
  const routes = (config.routes ?? []).map(({ name, routeId = name }) => ({ name, id: routeId }));
  const backends = (config.backends ?? []).map(({ name, backendId = name }) => ({ name, id: backendId }));
  return firstProblems(
    duplicateEntities(routes, ['routes', 'routeId', 'route name']),
    problemsOfRoutes(config, written),
    listenerProblems(config),
    duplicateEntities(backends, ['backends', 'backendId', 'backend name']),
    problemsOfShared(config),
    nodeProblems(config),
    changesProblems(config),
    consumerProblems(config),
  );
}

function duplicateEntities(
  entities: readonly { readonly name: string | undefined; readonly id: string | undefined }[],
  [list, idKey, noun]: readonly [string, string, string],
): Problem[] {
  const names = duplicates(
    entities.map(({ name }) => name),
    (index) => [list, index, 'name'],
    noun,
  );
  const ids = duplicates(
    entities.map(({ id }) => id),
    (index) => [list, index, idKey],
    idKey,
  );
  // An id that was not written is the name: one mistake, one problem.
  const reported = new Set(names.map(({ path }) => path[1]));
  return [...names, ...ids.filter(({ path }) => !reported.has(path[1]))];
}

function problemsOfRoutes(config: ReadableConfig, written: unknown): Problem[] {
  const { routes = [], backends = [] } = config;
  const listeners = listenersOf(config);
  const byId = new Map(backends.map((backend) => [backend.backendId ?? backend.name, backend]));
  const writtenRoutes = (written as { readonly routes?: readonly unknown[] }).routes ?? [];
  const problems = new ProblemList();
  // A suggestion compares an unknown id with all ids, so it is made only for problems that are listed.
  const backendIds = () => (problems.isFull ? [] : [...byId.keys()].flatMap((id) => id ?? []));
  for (const [index, route] of routes.entries()) {
    const found = routeProblems(route, {
      written: writtenRoutes[index],
      listeners,
      hasRedis: config.redis !== undefined,
      backendIds,
      backend: (id) => byId.get(id),
    });
    problems.add(found.map((problem) => ({ ...problem, path: ['routes', index, ...problem.path] })));
  }
  return problems.all();
}

function problemsOfShared(config: ReadableConfig): Problem[] {
  const { routes, backends = [] } = config;
  const listeners = listenersOf(config);
  const ownerless = backends.length > 0 && routes === undefined ? [{ path: ['backends'], message: withoutRoutes }] : [];
  const addresses = backends.flatMap(({ url }, index) => {
    const message = selfProblem(url, listeners);
    return message === undefined ? [] : [{ path: ['backends', index, 'url'], message }];
  });
  return [...ownerless, ...addresses];
}

const withoutRoutes =
  'without routes in the file, the API manages the backends too: add routes (an empty list will do), or leave backends out';
