import { isWritten, ownedBackendId } from '@sluice/model';
import type { Immutable, RouteDocument } from '@sluice/model';
import type { RouteResource, RouteVersionResource } from '@sluice/model/api';
import type { Entity, RouteVersion } from '../configuration/index.ts';

/** A route as it is answered: its document, with ids, what is recorded of it, and how its traffic is divided if it is. */
export function presentRoute(
  { id, document, revision, createdAt, updatedAt }: Entity<'route'>,
  split?: RouteResource['split'],
): Immutable<RouteResource> {
  const { split: _split, ...own } = withBackendIds(document);
  return { ...own, routeId: id, ...(split && { split }), revision, createdAt, updatedAt };
}

/** A version of a route as it is answered. */
export function presentVersion({ document, ...version }: RouteVersion): Immutable<RouteVersionResource> {
  return { ...version, route: withBackendIds(document) };
}

/** A backend that is written in a route is told by its id too: under it, it can be read and changed. */
function withBackendIds(document: RouteDocument) {
  const backends = document.backends.map((backend) =>
    isWritten(backend) ? { ...backend, backendId: ownedBackendId(document.routeId, backend.name) } : backend,
  );
  return { ...document, backends };
}
