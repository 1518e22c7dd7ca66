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
