import { RouteWarnings } from '@sluice/model';
import type { Choice, Match, Problem } from '@sluice/model';
import { shapeIn } from './configuration-state.ts';
import type { ConfigurationState } from './configuration-state.ts';
import type { Document } from './entities.ts';

/** Finds a shared backend as it would be. */
type BackendLookup = (id: string) => Document | undefined;

/**
 * Finds what is allowed in routes as they would be, but hardly meant: each is given in the form in which it is kept, one after
 * another. Routes that stay as they are count, and are not complained about.
 */
export class ProposedWarnings {
  readonly #found = new RouteWarnings();
  readonly #backend: BackendLookup;

  /** `ids` are those of the routes that would be changed or go, `documents` what would be there. */
  constructor(
    { ids, documents }: { readonly ids: ReadonlySet<string>; readonly documents: readonly Document[] },
    { state, backend }: { readonly state: ConfigurationState; readonly backend: BackendLookup },
  ) {
    this.#backend = backend;
    const shapes = new Set(documents.map((document) => shapeIn(document)));
    const others = [...shapes].flatMap((shape) => state.routesOfShape(shape)).filter((id) => !ids.has(id));
    for (const id of others.toSorted()) {
      const kept = state.get('route', id);
      if (kept !== undefined) this.#found.of(matchIn(kept.document), nothingChosen);
    }
  }

  /** Paths begin at the route. */
  of(document: Document): Problem[] {
    return this.#found.of(matchIn(document), choiceIn(document, this.#backend));
  }
}

/** The warnings of a route by itself. */
export function ownWarnings(document: Document, backend: BackendLookup): Problem[] {
  return new RouteWarnings().of(matchIn(document), choiceIn(document, backend));
}

const nothingChosen: Choice = { strategy: undefined, weights: [] };

/** What documents have that an earlier version kept, which may lack what was added since. */
const unsaid = { isEnabled: true, methods: [], hosts: [], headers: {}, query: {}, priority: 0 };

function matchIn(document: Document): Match {
  return { ...unsaid, ...document } as unknown as Match;
}

function choiceIn({ strategy, backends = [] }: Document, backend: BackendLookup): Choice {
  const whole = (backends as readonly Document[]).map((item) =>
    item['url'] === undefined ? backend(item['backendId'] as string) : item,
  );
  return {
    // The default stands in documents too, so nobody knows whether it was named.
    strategy: strategy === 'RoundRobin' ? undefined : (strategy as Choice['strategy']),
    weights: whole.flatMap((one) => (one === undefined ? [] : [one['weight'] as number])),
  };
}
