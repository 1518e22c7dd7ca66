import type { Immutable } from '@sluice/model';
import type { BackendResource } from '@sluice/model/api';
import type { BackendEntity } from '../configuration/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';

/** A backend as it is answered: its document, its health, and what is recorded of it. */
export function presentBackend(
  { id, routeId, document, revision, createdAt, updatedAt }: BackendEntity,
  registry: Pick<NodeRegistry, 'health' | 'backendTotals'>,
): Immutable<BackendResource> {
  const { checkedAt, ...statistics } = registry.backendTotals(id);
  return {
    ...document,
    backendId: id,
    ...(routeId !== undefined && { routeId }),
    healthStatus: registry.health(id).status,
    ...(checkedAt !== undefined && { lastHealthCheck: checkedAt }),
    statistics,
    revision,
    createdAt,
    updatedAt,
  };
}
