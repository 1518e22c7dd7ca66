import { isWritten, ownedBackendId } from '@sluice/model';
import type { Problem, RouteDocument } from '@sluice/model';
import type { CheckedInput, OperationId } from '@sluice/model/api';
import { auditFields } from '../audit-changes.ts';
import type { Call, Handlers } from '../call.ts';
import { authorOf, changeConfiguration, previewReply, withWarnings } from '../change-configuration.ts';
import { NotFoundError } from '../../configuration/index.ts';
import type { Entity, Outcome, RouteVersion } from '../../configuration/index.ts';
import { pageOf } from '../page-of.ts';
import { presentRoute, presentVersion } from '../present-route.ts';
import { readDocument, refuseOther } from '../read-document.ts';
import { splitsOf } from '../route-splits.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'listRoutes' | `${string}Route` | `${string}RouteVersion` | `${string}RouteVersions`>;

/** Routes, and versions of routes that wait for a deployment. */
export function routeHandlers(services: Services): Handlers<Ids> {
  const { configuration, versions, access, registry, deployments } = services;
  const existing = (id: string): Entity<'route'> => {
    const route = configuration.route(id);
    if (route === undefined) throw new NotFoundError(`there is no route ${id}`);
    return route;
  };
  // A plain change is a deployment too: of one step, which is over at once.
  const recorded = (call: Call) => ({
    record: (outcome: Outcome) => {
      const { reason, emergency } = call;
      return deployments.recordPlain({ outcome, author: authorOf(call), reason, emergency });
    },
  });
  return {
    async listRoutes({ query }) {
      await configuration.refresh();
      const { items, ...page } = pageOf(configuration.routes().filter(matching(query)), query);
      const splits = await splitsOf(deployments, items);
      const shown = items.map((route) => presentRoute(route, splits.get(route.id)));
      return { body: { routes: shown, ...page }, etag: configuration.revision };
    },
    async getRoute({ params }) {
      await configuration.refresh();
      const route = existing(params.routeId);
      const statistics = registry.statistics(route.id) ?? noStatistics;
      const splits = await splitsOf(deployments, [route]);
      return { body: { ...presentRoute(route, splits.get(route.id)), statistics }, etag: route.revision };
    },
    createRoute: ({ body }, call) =>
      changeConfiguration(services, call, {
        ...recorded(call),
        run: (context) => configuration.createRoute(readDocument<RouteDocument>(body), context),
        reply: (outcome) => {
          const route = made(outcome);
          const location = `${call.url.pathname}/${route.id}`;
          return { body: presentRoute(route), etag: route.revision, location };
        },
      }),
    updateRoute: ({ params, body }, call) => {
      refuseOther(['routeId'], body.routeId, params.routeId);
      return changeConfiguration(services, call, {
        ...recorded(call),
        run: (context) =>
          configuration.updateRoute(params.routeId, readDocument<RouteDocument>(body, 'routeId'), context),
        reply: () => {
          const route = existing(params.routeId);
          return { body: presentRoute(route), etag: route.revision };
        },
      });
    },
    deleteRoute: ({ params }, call) =>
      changeConfiguration(services, call, {
        ...recorded(call),
        run: (context) => configuration.removeRoute(params.routeId, context),
        reply: () => ({}),
      }),
    async listRouteVersions({ params, query }) {
      await configuration.refresh();
      const { items, total } = await versions.list(params.routeId, query);
      const { limit, offset } = query;
      return { body: { versions: items.map((version) => presentVersion(version)), total, limit, offset } };
    },
    async createRouteVersion({ params, body }, call) {
      const { routeId } = params;
      const { configVersion, route, reason } = body;
      refuseOther(['route', 'routeId'], route.routeId, routeId);
      const document = readDocument<RouteDocument>(route, 'routeId');
      const warningsOf = (kept: RouteVersion): Problem[] =>
        configuration.warnings([kept])[0].map(({ path, message }) => ({ path: ['route', ...path], message }));
      const reply = (kept: RouteVersion) =>
        withWarnings({ body: presentVersion(kept), location: call.url.pathname }, warningsOf(kept));
      const version = await versions.create(
        { routeId, configVersion, route: document },
        {
          author: authorOf(call),
          dryRun: call.dryRun,
          reason,
          alongside: (kept) => [
            access.audit.auditWrite({
              ...auditFields(call),
              eventType: 'routeVersion.created',
              entityType: 'routeVersion',
              entityId: `${routeId}@${configVersion}`,
              details: { operation: call.operation.id, ...(reason !== undefined && { reason }) },
            }),
            ...call.remember(reply(kept)),
          ],
        },
      );
      if (!call.dryRun) return reply(version);
      const change = { entityType: 'routeVersion', entityId: `${routeId}@${configVersion}`, after: version.document };
      const outcome = { revision: configuration.revision, changed: true, changes: [change as never], problems: [] };
      return previewReply({ dryRun: true, ...outcome, warnings: warningsOf(version) });
    },
  };
}

const noStatistics = { requests: 0, failures: 0, p50: 0, p95: 0, p99: 0 };

type RouteFilter = Pick<CheckedInput<'listRoutes'>['query'], 'isEnabled' | 'strategy' | 'search' | 'backendId'>;

function matching({ isEnabled, strategy, search, backendId }: RouteFilter): (route: Entity<'route'>) => boolean {
  const wanted = search?.toLowerCase();
  return ({ document }) =>
    (isEnabled === undefined || document.isEnabled === isEnabled) &&
    (strategy === undefined || document.strategy === strategy) &&
    (wanted === undefined || searched(document).some((text) => text.toLowerCase().includes(wanted))) &&
    (backendId === undefined || uses(document, backendId));
}

function searched({ routeId, name, pathPattern }: RouteDocument): readonly string[] {
  return [routeId, name, pathPattern];
}

function uses({ routeId, backends }: RouteDocument, backendId: string): boolean {
  return backends.some(
    (backend) => (isWritten(backend) ? ownedBackendId(routeId, backend.name) : backend.backendId) === backendId,
  );
}

/** The route that a change made. */
function made({ changes: [change], revision, at = '' }: Outcome): Entity<'route'> {
  if (change.entityType !== 'route' || change.after === undefined)
    throw new Error('the route that was made is not there');
  return { id: change.entityId, document: change.after, revision, createdAt: at, updatedAt: at };
}
