import type { BackendResource } from '@sluice/model/api';
import type { BackendEntity } from '../configuration/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';

/** A backend as it is answered: its document, its health, and what is recorded of it. */
export function presentBackend(
  { id, routeId, document, revision, createdAt, updatedAt }: BackendEntity,
  registry: Pick<NodeRegistry, 'health'>,
): BackendResource {
  const healthStatus = registry.health(id).status;
  const facts = {
    backendId: id,
    ...(routeId !== undefined && { routeId }),
    healthStatus,
    revision,
    createdAt,
    updatedAt,
  };
  return { ...document, ...facts } as unknown as BackendResource;
}
