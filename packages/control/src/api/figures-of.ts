import { hasEnded } from '../deployment/index.ts';
import type { Deployment, Deployments, Verdict } from '../deployment/index.ts';

/** The figures of a deployment: the current ones while it runs, those of its last verdict once it has ended. */
export function figuresOf(deployments: Deployments, deployment: Deployment): Verdict | undefined {
  const now = hasEnded(deployment) ? undefined : deployments.figures(deployment);
  return now ?? deployment.verdict;
}
