import { isWritten, ownedBackendId, ownerOf } from '@sluice/model';
import type { BackendDocument } from '@sluice/model';
import type { CheckedInput, OperationId } from '@sluice/model/api';
import { randomUUID } from 'node:crypto';
import { NotFoundError } from '../../configuration/index.ts';
import type { BackendEntity, Outcome } from '../../configuration/index.ts';
import { auditFields } from '../audit-changes.ts';
import type { Handlers } from '../call.ts';
import { changeConfiguration } from '../change-configuration.ts';
import { presentBackend } from '../present-backend.ts';
import { readDocument, refuseOther } from '../read-document.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'listBackends' | `${string}Backend` | 'getBackendHealth' | 'checkHealth'>;

/** Backends, those that routes share and those that belong to one. */
export function backendHandlers(services: Services): Handlers<Ids> {
  const { configuration, registry, hub, access } = services;
  const existing = (id: string): BackendEntity => {
    const backend = configuration.backend(id);
    if (backend === undefined) throw new NotFoundError(`there is no backend ${id}`);
    return backend;
  };
  return {
    async listBackends({ query }) {
      await configuration.refresh();
      const { limit, offset } = query;
      const { items, total } = configuration.backends({ limit, offset, ...matching(query, services) });
      const backends = items.map((backend) => presentBackend(backend, registry));
      return { body: { backends, total, limit, offset }, etag: configuration.revision };
    },
    async getBackend({ params }) {
      await configuration.refresh();
      const backend = existing(params.backendId);
      return { body: presentBackend(backend, registry), etag: backend.revision };
    },
    createBackend: ({ body }, call) => {
      const { routeId } = body;
      const document = readDocument<Sent>(body, 'routeId', ...(routeId === undefined ? [] : (['backendId'] as const)));
      const name = typeof document.name === 'string' ? document.name : '';
      if (routeId !== undefined) refuseOther(['backendId'], body.backendId, ownedBackendId(routeId, name));
      return changeConfiguration(services, call, {
        run: (context) => configuration.createBackend(document, { ...context, routeId }),
        reply: (outcome) => {
          const backend = made(outcome, name);
          const location = `${call.url.pathname}/${encodeURIComponent(backend.id)}`;
          return { body: presentBackend(backend, registry), etag: backend.revision, location };
        },
      });
    },
    updateBackend: ({ params, body }, call) => {
      refuseOther(['backendId'], body.backendId, params.backendId);
      const patch = readDocument<Sent>(body, 'backendId', 'routeId');
      // The id of a backend that belongs to a route is made of both names.
      const owner = ownerOf(params.backendId);
      refuseOther(['routeId'], body.routeId, owner?.routeId);
      if (owner !== undefined) refuseOther(['name'], patch.name, owner.name);
      return changeConfiguration(services, call, {
        run: (context) => configuration.updateBackend(params.backendId, patch, context),
        reply: () => {
          const backend = existing(params.backendId);
          return { body: presentBackend(backend, registry), etag: backend.revision };
        },
      });
    },
    deleteBackend: ({ params }, call) =>
      changeConfiguration(services, call, {
        run: (context) => configuration.removeBackend(params.backendId, context),
        reply: () => ({}),
      }),
    async getBackendHealth({ params }) {
      await configuration.refresh();
      const { id: backendId } = existing(params.backendId);
      const { status: healthStatus, nodes } = registry.health(backendId);
      return { body: { backendId, healthStatus, nodes } };
    },
    async checkHealth({ body: { backendIds } }, call) {
      await configuration.refresh();
      for (const id of backendIds ?? []) existing(id);
      const id = randomUUID();
      await access.audit.record({
        ...auditFields(call),
        eventType: 'backend.checked',
        details: { operation: call.operation.id, ...(backendIds && { backendIds }) },
      });
      hub.command({ id, kind: 'checkHealth', ...(backendIds && { backendIds }) });
      const live = registry.nodes(configuration.revision, configuration.lineage).filter((node) => node.live);
      return { body: { commandId: id, nodes: live.length } };
    },
  };
}

/** A backend as it is sent: with the route that it is to become a part of. */
type Sent = BackendDocument & { readonly routeId: string };

type BackendFilter = Omit<CheckedInput<'listBackends'>['query'], 'limit' | 'offset'>;

/** Nothing when every backend matches: such a list need not be gone through. */
function matching(
  { isEnabled, healthStatus, routeId, shared, search }: BackendFilter,
  { registry }: Pick<Services, 'registry'>,
): { matches?: (backend: BackendEntity) => boolean } {
  const filters = [isEnabled, healthStatus, routeId, shared, search];
  if (filters.every((filter) => filter === undefined)) return {};
  const wanted = search?.toLowerCase();
  return {
    matches: (backend) =>
      (isEnabled === undefined || backend.document.isEnabled === isEnabled) &&
      (routeId === undefined || backend.routeId === routeId) &&
      (shared === undefined || (backend.routeId === undefined) === shared) &&
      (wanted === undefined || `${backend.id}\n${backend.document.url}`.toLowerCase().includes(wanted)) &&
      (healthStatus === undefined || registry.health(backend.id).status === healthStatus),
  };
}

/** The backend that a change made: a shared one, or one of the backends of the route that changed. */
function made({ changes: [change], revision, at = '' }: Outcome, name: string): BackendEntity {
  const { entityId } = change;
  const recorded = { revision, createdAt: at, updatedAt: at };
  if (change.entityType === 'backend' && change.after !== undefined) {
    return { ...recorded, id: entityId, routeId: undefined, document: change.after };
  }
  const backends = change.entityType === 'route' ? (change.after?.backends ?? []) : [];
  const document = backends.find((backend) => isWritten(backend) && backend.name === name);
  if (document === undefined || !isWritten(document)) throw new Error('the backend that was made is not there');
  return { ...recorded, id: ownedBackendId(entityId, name), routeId: entityId, document };
}
