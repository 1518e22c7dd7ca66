import type { Change, StoredDeployment } from './deployment-store.ts';
import { supersede } from './transition.ts';
import type { Cause } from './transition.ts';

/** The changes that end those whose place is taken. */
export function superseding(
  rivals: readonly StoredDeployment[],
  deploymentId: string,
  cause: Cause,
): readonly Change[] {
  return rivals.map((before) => ({ before, transition: supersede(before.deployment, deploymentId, cause) }));
}
