import type { BackendDocument, OwnedBackendDocument, RouteDocument } from '../documents/documents.ts';
import { referenceIn } from '../documents/identity.ts';
import { minimalBackend, minimalRoute } from '../documents/minimal.ts';

/** Finds the document of a shared backend. */
export type SharedBackends = (backendId: string) => BackendDocument | undefined;

/**
 * What a route does, as text: two routes with the same text behave alike. Shared backends are part of it. An objective (`slo`),
 * which only alerts go by, is not; nor are defaults, so it stays the same when a later version of Sluice has more fields.
 */
export function contentOf(route: RouteDocument, backends: SharedBackends): string {
  const whole = ownBackends(route, backends, () => true);
  return JSON.stringify(minimalRoute({ ...whole, split: undefined, slo: undefined }), sortKeys);
}

/** What a shared backend is, as text. */
export function contentOfBackend(backend: BackendDocument): string {
  return JSON.stringify(minimalBackend(backend), sortKeys);
}

/** The route with those of its shared backends written into it that are chosen. It does the same as before. */
export function ownBackends(
  route: RouteDocument,
  backends: SharedBackends,
  isChosen: (backendId: string) => boolean,
): RouteDocument {
  const written = route.backends.map((item) => {
    const backendId = referenceIn(item);
    const shared = backendId === undefined || !isChosen(backendId) ? undefined : backends(backendId);
    return shared === undefined ? item : ownForm(shared);
  });
  return written.every((item, index) => item === route.backends[index]) ? route : { ...route, backends: written };
}

function ownForm({ backendId: _backendId, ...own }: BackendDocument): OwnedBackendDocument {
  return own;
}

/** Stores do not keep the order of keys. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
