import { listenerProblems, selfProblem } from './address-problems.ts';
import { readDraft } from './draft.ts';
import type { ConfigDraft } from './draft.ts';
import { duplicates } from './duplicates.ts';
import { nodeProblems } from './node-problems.ts';
import { firstProblems, ProblemList } from './problem.ts';
import type { Problem } from './problem.ts';
import { routeProblems } from './route-problems.ts';

/**
 * What is wrong between fields, each of which may be right by itself. Works on what the user wrote, however broken the
 * rest is, so that these problems are reported together with those of single fields.
 */
export function crossProblems(value: unknown): Problem[] {
  const draft = readDraft(value);
  const routes = draft.routes.map(({ name, routeId }) => ({ name, id: routeId }));
  const backends = draft.backends.map(({ name, backendId }) => ({ name, id: backendId }));
  return firstProblems(
    duplicateEntities(routes, ['routes', 'routeId', 'route name']),
    problemsOfRoutes(draft),
    listenerProblems(draft),
    duplicateEntities(backends, ['backends', 'backendId', 'backend name']),
    problemsOfShared(draft),
    nodeProblems(draft.node),
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

function problemsOfRoutes({ routes, backends, listeners }: ConfigDraft): Problem[] {
  const problems = new ProblemList();
  // Which id is near to an unknown one takes a look at all of them: only for what is going to be listed.
  const backendIds = () => (problems.isFull ? [] : backends.flatMap(({ backendId }) => backendId ?? []));
  for (const [index, route] of routes.entries()) {
    const found = routeProblems(route, { listeners, backendIds });
    problems.add(found.map((problem) => ({ ...problem, path: ['routes', index, ...problem.path] })));
  }
  return problems.all();
}

function problemsOfShared({ backends, listeners, node }: ConfigDraft): Problem[] {
  const ownerless = backends.length > 0 && !node.hasRoutes ? [{ path: ['backends'], message: withoutRoutes }] : [];
  const addresses = backends.flatMap(({ url }, index) => {
    const message = selfProblem(url, listeners);
    return message === undefined ? [] : [{ path: ['backends', index, 'url'], message }];
  });
  return [...ownerless, ...addresses];
}

const withoutRoutes =
  'without routes in the file, the API manages the backends too: add routes (an empty list will do), or leave backends out';
