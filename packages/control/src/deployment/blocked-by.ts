import type { Deployment } from './deployment.ts';

/** Those among open deployments that bring versions of the same routes. */
export function rivalsOf(
  deployment: Pick<Deployment, 'deploymentId' | 'routes'>,
  open: readonly Deployment[],
): readonly Deployment[] {
  const routeIds = new Set(deployment.routes.map(({ routeId }) => routeId));
  return open.filter(
    (other) =>
      other.deploymentId !== deployment.deploymentId && other.routes.some(({ routeId }) => routeIds.has(routeId)),
  );
}

/** What has to end before a deployment can begin, in words; undefined when nothing is in the way. */
export function blockedBy(deployment: Deployment, open: readonly Deployment[]): string | undefined {
  const { settings, createdAt } = deployment;
  if (settings.onConflict === 'supersede' || settings.emergency) return undefined;
  const first = rivalsOf(deployment, open).find(
    (other) => other.startedAt !== undefined || (other.status === 'Pending' && other.createdAt < createdAt),
  );
  return first && `Waits for deployment ${first.deploymentId} to end.`;
}
