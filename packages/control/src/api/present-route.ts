import { ownedBackendId } from '@sluice/model';
import type { RouteResource, RouteVersionResource } from '@sluice/model/api';
import { textIn } from './read-document.ts';
import { withoutSplit } from '../configuration/index.ts';
import type { Document, Entity, RouteVersion } from '../configuration/index.ts';

/** A route as it is answered: its document, with ids, what is recorded of it, and how its traffic is divided if it is. */
export function presentRoute(
  { id, document, revision, createdAt, updatedAt }: Entity,
  split?: RouteResource['split'],
): RouteResource {
  const own = withBackendIds(id, withoutSplit(document));
  const route = { ...own, routeId: id, ...(split && { split }), revision, createdAt, updatedAt };
  return route as unknown as RouteResource;
}

/** A version of a route as it is answered. */
export function presentVersion({ document, ...version }: RouteVersion): RouteVersionResource {
  const route = withBackendIds(version.routeId, document) as unknown as RouteVersionResource['route'];
  return { ...version, route };
}

/** A backend that is written in a route is told by its id too: under it, it can be read and changed. */
function withBackendIds(routeId: string, document: Document): Document {
  const backends = (document['backends'] ?? []) as readonly Document[];
  return {
    ...document,
    backends: backends.map((backend) =>
      backend['url'] === undefined
        ? backend
        : { ...backend, backendId: ownedBackendId(routeId, textIn(backend, 'name')) },
    ),
  };
}
