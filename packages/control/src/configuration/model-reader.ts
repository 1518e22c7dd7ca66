import {
  encodeBackend,
  encodeRoute,
  hiddenProblems,
  isOwnedBackend,
  namedFileProblems,
  parseBackend,
  parseRoute,
  policyFileProblems,
  restoreHidden,
} from '@sluice/model';
import type { BackendConfig, BackendDocument, Listener, Problem, RouteConfig } from '@sluice/model';
import type { DocumentReader } from './document-reader.ts';

/** What documents are checked against. */
export interface ModelReaderOptions {
  /** Where the gateway itself listens: a backend may not lead back to it. */
  readonly listeners: readonly Listener[];
  /** Whether limits may count in Redis; true by default. */
  readonly hasRedis?: boolean;
  /** The ids of the shared backends, to suggest one for an id that does not exist. */
  readonly backendIds: () => Iterable<string>;
}

/** Reads documents by the schemas of the model. */
export function createModelReader({ listeners, hasRedis = true, backendIds }: ModelReaderOptions): DocumentReader {
  // Shared backends are read once, however many routes use them.
  const read = new WeakMap<BackendDocument, BackendConfig>();
  const sharedBackend = (document: BackendDocument | undefined): BackendConfig | undefined => {
    if (document === undefined) return undefined;
    const known = read.get(document);
    if (known !== undefined) return known;
    const result = parseBackend(document);
    if (!result.ok) return undefined;
    read.set(document, result.backend);
    return result.backend;
  };
  return {
    backend(document, kept) {
      const whole = restoreHidden(document, kept);
      const hidden = hiddenProblems(whole);
      if (hidden.length > 0) return { ok: false, problems: hidden };
      const result = parseBackend(whole, { listeners });
      if (!result.ok) return result;
      const problems = namedFileProblems(result.backend);
      if (problems.length > 0) return { ok: false, problems };
      return { ok: true, id: result.backend.backendId, document: encodeBackend(result.backend) };
    },
    route(document, backends, { split = false, kept } = {}) {
      const whole = restoreHidden(document, kept);
      const hidden = hiddenProblems(whole);
      if (hidden.length > 0) return { ok: false, problems: hidden };
      const shared = (id: string): BackendConfig | undefined => sharedBackend(backends(id));
      // What is stored already stays as it is: without Redis, nodes do what limits.whenRedisIsAway says.
      const context = { backends: shared, backendIds, listeners, split, hasRedis: hasRedis || split };
      const result = parseRoute(whole, context);
      if (!result.ok) return result;
      // What is stored already may be older than this rule; nodes open no such path.
      const problems = split ? [] : ownFileProblems(result.route);
      if (problems.length > 0) return { ok: false, problems };
      return { ok: true, id: result.route.routeId, document: encodeRoute(result.route) };
    },
  };
}

/** Files of policies, and of the backends that are written in the route; shared ones are checked by themselves. */
function ownFileProblems(route: RouteConfig): Problem[] {
  const ofBackends = route.backends.flatMap((backend, index) => {
    if (!isOwnedBackend(backend)) return [];
    return namedFileProblems(backend).map(({ path, message }) => ({ path: ['backends', index, ...path], message }));
  });
  return [...ofBackends, ...policyFileProblems(route)];
}
