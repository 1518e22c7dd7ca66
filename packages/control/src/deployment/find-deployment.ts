import { NotFoundError } from '../configuration/index.ts';
import type { Deployment } from './deployment.ts';
import type { Deployments } from './deployments.ts';

/** A deployment that may be none, or is no longer kept: undefined then. */
export async function findDeployment(
  deployments: Pick<Deployments, 'get'>,
  deploymentId: string,
): Promise<Deployment | undefined> {
  try {
    return await deployments.get(deploymentId);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
