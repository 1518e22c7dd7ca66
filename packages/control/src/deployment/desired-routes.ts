import type { RouteDocument, SplitDocument } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import { withoutSplit } from '../configuration/index.ts';
import type { DeployedDocument, Entity } from '../configuration/index.ts';
import type { DeployedRoute, Deployment } from './deployment.ts';

/**
 * The routes as the state of a deployment requires them. Pure: the same deployment always requires the same routes, so a
 * new leader writes nothing twice. Empty before the deployment starts.
 */
export function desiredRoutes(
  deployment: Deployment,
  route: (id: string) => Entity<'route'> | undefined,
): readonly DeployedDocument[] {
  if (deployment.startedAt === undefined) return [];
  return deployment.routes.flatMap((one) => {
    const document = desiredRoute(deployment, one, route(one.routeId)?.document);
    return document === undefined ? [] : [{ routeId: one.routeId, document }];
  });
}

function desiredRoute(
  deployment: Deployment,
  one: DeployedRoute,
  current: RouteDocument | undefined,
): RouteDocument | undefined {
  const { candidate } = one;
  if (deployment.strategy === 'Direct') {
    // The deployment that supersedes it was requested in place of what serves now.
    if (deployment.supersededBy !== undefined) return current;
    if (isGivenUp(deployment)) return putBack(one, current);
    // The routes are written once, when it starts: later changes of them stay.
    return deployment.startedAt === deployment.updatedAt ? candidate : current;
  }
  switch (deployment.status) {
    case 'Completed':
      return candidate;
    case 'InProgress':
    case 'Paused':
    case 'AwaitingApproval':
      // The stable version stays as it is: only the split is written into it.
      return current && { ...withoutSplit(current), split: { ...splitOf(deployment), candidate } };
    default:
      return current && withoutSplit(current);
  }
}

function isGivenUp({ status }: Deployment): boolean {
  return status === 'RolledBack' || status === 'Failed' || status === 'Cancelled';
}

/** The previous version, unless somebody has changed the route since. A new route stays, but is disabled. */
function putBack(
  { candidate, stable, lookedAt }: DeployedRoute,
  current: RouteDocument | undefined,
): RouteDocument | undefined {
  if (current === undefined || !isDeepStrictEqual(current, candidate)) return current;
  return stable ?? lookedAt?.base ?? { ...candidate, isEnabled: false };
}

function splitOf(deployment: Deployment): Omit<SplitDocument, 'candidate'> {
  const { deploymentId, epoch, percentage, settings, phases, currentPhaseIndex, step } = deployment;
  const { testers, sticky } = settings;
  const mirror = phases[currentPhaseIndex]?.mirror;
  return {
    deploymentId,
    epoch,
    percentage,
    testers: [...testers],
    ...(sticky !== undefined && { sticky }),
    ...(mirror !== undefined && { mirror }),
    ...(step?.kind === 'warming' && {
      warm: { probeToken: deployment.probeToken, smoke: [...settings.blueGreen.smoke] },
    }),
    ...(step?.kind === 'rolling' && {
      nodes: [...step.done, ...step.turning.flatMap(({ nodeId, stage }) => (stage === 'verifying' ? [nodeId] : []))],
    }),
    draining:
      step?.kind === 'rolling'
        ? step.turning.flatMap(({ nodeId, stage }) => (stage === 'draining' ? [nodeId] : []))
        : [],
  };
}
