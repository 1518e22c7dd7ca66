import { isWritten, routeDefaults, RouteWarnings, shapeOf } from '@sluice/model';
import type { BackendDocument, Choice, Problem, RouteDocument, WarnedRoute } from '@sluice/model';
import type { ConfigurationState } from './configuration-state.ts';

/** Finds a shared backend as it would be. */
type BackendLookup = (id: string) => BackendDocument | undefined;

/**
 * Finds what is valid in routes but probably not intended. Routes are given as they would be stored, one after
 * another. Routes that stay as they are count as neighbours, and get no warnings themselves.
 */
export class ProposedWarnings {
  readonly #found = new RouteWarnings();
  readonly #backend: BackendLookup;

  /** `ids` are those of the routes that would be changed or go, `documents` what would be there. */
  constructor(
    { ids, documents }: { readonly ids: ReadonlySet<string>; readonly documents: readonly RouteDocument[] },
    { state, backend }: { readonly state: ConfigurationState; readonly backend: BackendLookup },
  ) {
    this.#backend = backend;
    const shapes = new Set(documents.map(({ pathPattern }) => shapeOf(pathPattern)));
    const others = [...shapes].flatMap((shape) => state.routesOfShape(shape)).filter((id) => !ids.has(id));
    for (const id of others.toSorted()) {
      const kept = state.get('route', id);
      if (kept !== undefined) this.#found.of(matchIn(kept.document), nothingChosen);
    }
  }

  /** Paths begin at the route. */
  of(document: RouteDocument): Problem[] {
    return this.#found.of(matchIn(document), choiceIn(document, this.#backend));
  }
}

/** The warnings of a route by itself. */
export function ownWarnings(document: RouteDocument, backend: BackendLookup): Problem[] {
  return new RouteWarnings().of(matchIn(document), choiceIn(document, backend));
}

const nothingChosen: Choice = { strategy: undefined, weights: [] };

/** A document that an earlier version stored may lack what has been added since. */
function matchIn(document: RouteDocument): WarnedRoute {
  return { ...routeDefaults, ...document };
}

function choiceIn({ strategy, backends }: RouteDocument, backend: BackendLookup): Choice {
  return {
    // Documents hold the default too, so nobody knows whether somebody named it.
    strategy: strategy === routeDefaults.strategy ? undefined : strategy,
    weights: backends.flatMap((item) => (isWritten(item) ? item : backend(item.backendId))?.weight ?? []),
  };
}
