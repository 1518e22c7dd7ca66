import type { Immutable, Problem, RouteDocument } from '@sluice/model';
import type { CheckedInput, DeploymentResource, OperationId } from '@sluice/model/api';
import { withoutSplit } from '../../configuration/index.ts';
import type { Deployment, DeploymentAction, RequestedDeployment, RequestedRoute } from '../../deployment/index.ts';
import type { Call, Handlers } from '../call.ts';
import { changeDeployment } from '../change-deployment.ts';
import type { PreviewChange } from '../change-deployment.ts';
import { figuresOf } from '../figures-of.ts';
import { presentDeployment, presentMetrics, presentWithRoutes } from '../present-deployment.ts';
import { readDocument, refuseOther } from '../read-document.ts';
import type { Services } from '../services.ts';
import type { DeploymentWatchers } from '../watch/deployment-watchers.ts';

type Ids = Extract<OperationId, `${string}Deployment` | `${string}Deployments` | 'getDeploymentMetrics'>;

/** The operations on deployments. */
export function deploymentHandlers(services: Services, watchers: DeploymentWatchers): Handlers<Ids> {
  const { deployments, configuration } = services;
  const figures = (deployment: Deployment) => figuresOf(deployments, deployment);
  const shown = (deployment: Deployment) => presentDeployment(deployment, figures(deployment));
  const act = async (deploymentId: string, action: DeploymentAction, call: Call) => {
    const before = call.dryRun ? await deployments.get(deploymentId) : undefined;
    return changeDeployment<Deployment, Shown>(services, call, {
      run: (context) => deployments.act(deploymentId, action, context),
      audit: () => ({
        eventType: `deployment.${past[action.kind]}`,
        entityType: 'deployment',
        entityId: deploymentId,
        details: { ...action },
      }),
      changes: (after) => [{ ...entity(after), before: asJson(before && shown(before)), after: asJson(shown(after)) }],
      reply: (deployment) => ({ body: shown(deployment) }),
    });
  };
  return {
    async listDeployments({ query }) {
      const { limit, offset } = query;
      const { items, total } = await deployments.list(query);
      return { body: { deployments: items.map((one) => shown(one)), total, limit, offset } };
    },
    async getDeployment({ params }) {
      await configuration.refresh();
      const deployment = await deployments.get(params.deploymentId);
      const current = (routeId: string) => configuration.route(routeId)?.document;
      return { body: presentWithRoutes(deployment, figures(deployment), current) };
    },
    async getDeploymentMetrics({ params }) {
      const deployment = await deployments.get(params.deploymentId);
      return { body: presentMetrics(deployment, figures(deployment)) };
    },
    watchDeployment: async ({ params }, call) => ({ stream: await watchers.watch(params.deploymentId, call) }),
    createDeployment({ body }, call) {
      const requested = requestedDeployment(body);
      return changeDeployment<Deployment, Shown>(services, call, {
        run: (context) => deployments.create(requested, context),
        audit: ({ deploymentId, routes, strategy, environment, reason, settings }) => ({
          eventType: settings.emergency ? 'deployment.emergency' : 'deployment.created',
          entityType: 'deployment',
          entityId: deploymentId,
          details: {
            routes: routes.map(({ routeId, configVersion }) => `${routeId}@${configVersion}`),
            strategy,
            environment,
            ...(reason !== undefined && { reason }),
          },
        }),
        changes: (made) => [
          { ...entity(made), after: asJson(shown(made)) },
          ...made.routes.map(({ routeId, candidate }) => {
            const now = configuration.route(routeId)?.document;
            const before = now && asJson(withoutSplit(now));
            return { entityType: 'route', entityId: routeId, ...(before && { before }), after: asJson(candidate) };
          }),
        ],
        reply: (made) => ({ body: shown(made), location: `${call.url.pathname}/${made.deploymentId}` }),
        warnings: (made) => warningsOf(made, requested, services),
      });
    },
    approveDeployment: ({ params, body }, call) => act(params.deploymentId, { kind: 'approve', ...body }, call),
    rejectDeployment: ({ params, body }, call) => act(params.deploymentId, { kind: 'reject', ...body }, call),
    promoteDeployment: ({ params, body }, call) => act(params.deploymentId, { kind: 'promote', ...body }, call),
    pauseDeployment: ({ params, body }, call) => act(params.deploymentId, { kind: 'pause', ...body }, call),
    resumeDeployment: ({ params }, call) => act(params.deploymentId, { kind: 'resume' }, call),
    rollbackDeployment: ({ params, body }, call) =>
      act(params.deploymentId, { kind: 'rollback', reason: body.reason ?? 'no reason given' }, call),
  };
}

const past: Readonly<Record<DeploymentAction['kind'], string>> = {
  approve: 'approved',
  reject: 'rejected',
  promote: 'promoted',
  pause: 'paused',
  resume: 'resumed',
  rollback: 'rolledBack',
};

type Shown = Immutable<DeploymentResource>;
type CreateBody = CheckedInput<'createDeployment'>['body'];

/** The request, in the same form for one route and for several. */
function requestedDeployment({ routes, routeId, configVersion, route, ...settings }: CreateBody): RequestedDeployment {
  if (routes === undefined) {
    // The schema requires one or the other.
    const only = { routeId: routeId as string, configVersion, route };
    return { routes: [requestedRoute(only, ['route'])], settings };
  }
  return { routes: routes.map((one, index) => requestedRoute(one, ['routes', index, 'route'])), settings };
}

function requestedRoute(
  { routeId, configVersion, route }: NonNullable<CreateBody['routes']>[number],
  place: readonly (string | number)[],
): RequestedRoute {
  if (route === undefined) return { routeId, configVersion };
  refuseOther([...place, 'routeId'], route['routeId'], routeId);
  return { routeId, configVersion, route: readDocument<RouteDocument>(route) };
}

/** Probable mistakes in the candidates, with their places in the request. */
function warningsOf({ routes }: Deployment, requested: RequestedDeployment, { configuration }: Services): Problem[] {
  const wanted = routes.map(({ routeId, candidate }) => ({ routeId, document: candidate }));
  const found = configuration.warnings(wanted);
  return routes.flatMap(({ routeId }, index) => {
    const place = requested.routes.findIndex((one) => one.routeId === routeId);
    const below = requested.routes.length === 1 ? ['route'] : ['routes', place, 'route'];
    return found[index].map(({ path, message }) => ({ path: [...below, ...path], message }));
  });
}

function entity({ deploymentId }: Deployment): Pick<PreviewChange, 'entityType' | 'entityId'> {
  return { entityType: 'deployment', entityId: deploymentId };
}

function asJson(value: Immutable<object> | undefined): PreviewChange['before'] {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as PreviewChange['before']);
}
