import type { RouteDocument, SplitDocument } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import { withoutSplit } from '../configuration/index.ts';
import type { DeployedDocument, Entity } from '../configuration/index.ts';
import type { DeployedRoute, Deployment } from './deployment.ts';

/**
 * How the routes of a deployment have to be while it is as it is. Pure: the same deployment wants the same routes, so
 * that whoever takes over writes nothing twice. Empty before it starts.
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
    // Whoever takes its place begins from what serves: that is what was looked at when it was asked for.
    if (deployment.supersededBy !== undefined) return current;
    if (isGivenUp(deployment)) return putBack(one, current);
    // It is written once, when it begins: who changes the route from then on has the last word.
    return deployment.startedAt === deployment.updatedAt ? candidate : current;
  }
  switch (deployment.status) {
    case 'Completed':
      return candidate;
    case 'InProgress':
    case 'Paused':
    case 'AwaitingApproval':
      // What serves is taken as it is: nothing but the split is ever written into it.
      return current && { ...withoutSplit(current), split: { ...splitOf(deployment), candidate } };
    default:
      return current && withoutSplit(current);
  }
}

function isGivenUp({ status }: Deployment): boolean {
  return status === 'RolledBack' || status === 'Failed' || status === 'Cancelled';
}

/** What was there before, unless somebody has changed the route since. One that is new stays, and serves nobody. */
function putBack(
  { candidate, stable, lookedAt }: DeployedRoute,
  current: RouteDocument | undefined,
): RouteDocument | undefined {
  if (current === undefined || !isDeepStrictEqual(current, candidate)) return current;
  return stable ?? lookedAt?.base ?? { ...candidate, isEnabled: false };
}

/** The division of traffic, in the form in which documents keep it. */
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
