import type { DeploymentSettings } from '@sluice/model';
import { withoutSplit } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import type { Deployment } from './deployment.ts';
import { supersede } from './endings.ts';
import type { Facts } from './facts.ts';
import type { Change, StoredDeployment } from './stored-deployment.ts';

/** The open deployments that bring versions of the same routes. */
export function conflictsOf(
  { deploymentId, routes }: Pick<Deployment, 'deploymentId' | 'routes'>,
  open: readonly StoredDeployment[],
): readonly StoredDeployment[] {
  const routeIds = new Set(routes.map(({ routeId }) => routeId));
  return open.filter(
    ({ deployment: other }) =>
      other.deploymentId !== deploymentId && other.routes.some(({ routeId }) => routeIds.has(routeId)),
  );
}

/** What other open deployments have to do with the start of this one. */
export function conflictFacts(
  deployment: Deployment,
  open: readonly StoredDeployment[],
): Pick<Facts, 'blockedBy' | 'unapproved'> {
  return { blockedBy: blockedBy(deployment, open), unapproved: unapproved(deployment, open) };
}

/** A change, preceded by the end of the deployments that it supersedes when it starts. */
export function withSuperseded(
  change: Change,
  { open, configuration }: { readonly open: readonly StoredDeployment[]; readonly configuration: Configuration },
): readonly Change[] {
  const { before, transition } = change;
  const { deployment, events } = transition;
  const isStart = before?.deployment.startedAt === undefined && deployment.startedAt !== undefined;
  if (!isStart) return [change];
  const superseded = supersededBy(deployment, open);
  const started = {
    ...deployment,
    // It may have waited for another deployment of its routes.
    ...(before !== undefined && { routes: routesNow(configuration, deployment) }),
    ...(superseded.length > 0 && { supersedes: superseded.map((one) => one.deployment.deploymentId) }),
  };
  const cause = { at: deployment.updatedAt, by: events.at(-1)!.by };
  return [
    ...superseded.map((one) => ({
      before: one,
      transition: supersede(one.deployment, deployment.deploymentId, cause),
    })),
    { before, transition: { deployment: started, events } },
  ];
}

/** The routes of a deployment with the versions that serve when it starts. */
function routesNow(configuration: Configuration, { routes, strategy }: Deployment): Deployment['routes'] {
  return routes.map((one) => {
    const document = configuration.route(one.routeId)?.document;
    return {
      ...one,
      ...(document !== undefined && { stableVersion: document.version }),
      ...(strategy === 'Direct' && document !== undefined && { stable: withoutSplit(document) }),
    };
  });
}

/** The deployments that end when this one starts. */
function supersededBy(deployment: Deployment, open: readonly StoredDeployment[]): readonly StoredDeployment[] {
  return supersedesOthers(deployment.settings) ? conflictsOf(deployment, open) : [];
}

/** Otherwise deployments of the same route wait for one another. */
function supersedesOthers({ onConflict, emergency }: DeploymentSettings): boolean {
  return onConflict === 'supersede' || emergency;
}

function blockedBy(deployment: Deployment, open: readonly StoredDeployment[]): string | undefined {
  if (supersedesOthers(deployment.settings)) return undefined;
  const first = conflictsOf(deployment, open).find(
    ({ deployment: other }) =>
      other.startedAt !== undefined || (other.status === 'Pending' && isBefore(other, deployment)),
  );
  return first && `Waits for deployment ${first.deployment.deploymentId} to end.`;
}

/** To supersede a deployment that needs an approval needs one as well: otherwise it would be a way around. */
function unapproved(deployment: Deployment, open: readonly StoredDeployment[]): string | undefined {
  const { settings, approval, author } = deployment;
  if (settings.emergency || author.kind === 'file') return undefined;
  const approvedAt = approval.status === 'Approved' ? (approval.at ?? '') : '';
  const guarded = supersededBy(deployment, open).find(
    ({ deployment: other }) => isUnderApproval(other) && other.createdAt > approvedAt,
  );
  return guarded && `approval to supersede ${guarded.deployment.deploymentId}, which needs an approval itself`;
}

function isUnderApproval({ approval, phases }: Deployment): boolean {
  return approval.status !== 'NotRequired' || phases.some(({ needsApproval }) => needsApproval);
}

/** Of two that were requested in the same millisecond, one has to be the first. */
function isBefore(one: Deployment, other: Deployment): boolean {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt;
  return one.deploymentId < other.deploymentId;
}
