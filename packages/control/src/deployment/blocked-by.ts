import type { DeploymentSettings } from '@sluice/model';
import type { StoredDeployment } from './deployment-store.ts';
import type { Deployment } from './deployment.ts';

/** Those among open deployments that bring versions of the same routes. */
export function rivalsOf(
  { deploymentId, routes }: Pick<Deployment, 'deploymentId' | 'routes'>,
  open: readonly StoredDeployment[],
): readonly StoredDeployment[] {
  const routeIds = new Set(routes.map(({ routeId }) => routeId));
  return open.filter(
    ({ deployment: other }) =>
      other.deploymentId !== deploymentId && other.routes.some(({ routeId }) => routeIds.has(routeId)),
  );
}

/** Whether it ends those that bring versions of its routes; otherwise they wait for one another. */
export function takesTheirPlace({ onConflict, emergency }: DeploymentSettings): boolean {
  return onConflict === 'supersede' || emergency;
}

/**
 * A deployment whose place this one would take although nobody has approved that: one that waits for an approval or had one, or
 * comes to one. Whoever takes its place needs the agreement of another person too.
 */
export function unapprovedRival(deployment: Deployment, open: readonly StoredDeployment[]): Deployment | undefined {
  const { settings, approval } = deployment;
  if (settings.emergency || !takesTheirPlace(settings)) return undefined;
  const approvedAt = approval.status === 'Approved' ? (approval.at ?? '') : '';
  const rivals = rivalsOf(deployment, open).map((one) => one.deployment);
  return rivals.find((rival) => isUnderApproval(rival) && rival.createdAt > approvedAt);
}

/** What has to be approved before its place is taken, in words. */
export function placeOf({ deploymentId }: Deployment): string {
  return `approval for taking the place of ${deploymentId}, which somebody approved or has to approve`;
}

function isUnderApproval({ approval, phases }: Deployment): boolean {
  return approval.status !== 'NotRequired' || phases.some(({ needsApproval }) => needsApproval);
}

/** What has to end before a deployment can begin, in words; undefined when nothing is in the way. */
export function blockedBy(deployment: Deployment, open: readonly StoredDeployment[]): string | undefined {
  const { settings } = deployment;
  if (takesTheirPlace(settings)) return undefined;
  const first = rivalsOf(deployment, open).find(
    ({ deployment: other }) =>
      other.startedAt !== undefined || (other.status === 'Pending' && isBefore(other, deployment)),
  );
  return first && `Waits for deployment ${first.deployment.deploymentId} to end.`;
}

/** Of two that were asked for in the same millisecond, one has to be the first. */
function isBefore(one: Deployment, other: Deployment): boolean {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt;
  return one.deploymentId < other.deploymentId;
}
