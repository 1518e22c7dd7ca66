import type { Body } from '../../store/store.ts';

/** The document of a route; `uses` are shared backends, without them it has one of its own. */
export function routeDocument(
  name: string,
  { path = `/${name}`, uses = [] as readonly string[], more = {} } = {},
): Body {
  const own = { name: 'own', url: 'http://127.0.0.1:9001' };
  const backends = uses.length === 0 ? [own] : uses.map((backendId) => ({ backendId }));
  return { name, pathPattern: path, backends, ...more };
}

/** The document of a shared backend. */
export function backendDocument(name: string, port = 9001): Body {
  return { name, url: `http://127.0.0.1:${port}` };
}

/** What a deployment writes into the document of a route; `candidate` is the other version of the route. */
export function splitDocument(candidate: Body, { percentage = 10, epoch = 1, more = {} } = {}): Body {
  return { deploymentId: 'd1', epoch, percentage, candidate, ...more };
}
