import type { Deployment, DeploymentEvent, DeploymentPhase } from './deployment.ts';
import { draft, ended, withPhaseEnded } from './transition.ts';
import type { Cause, Transition } from './transition.ts';

/** Gives all traffic back to the stable version; cancels a deployment that has not started. */
export function rollBack(deployment: Deployment, reason: string, cause: Cause): Transition {
  if (deployment.startedAt === undefined) return cancel(deployment, reason, cause);
  const { deployment: rolledBack, events } = giveUp(deployment, 'RolledBack', reason, cause);
  return { deployment: { ...rolledBack, rolledBackAt: cause.at }, events };
}

/** Ends a deployment that cannot go on: the stable version serves alone again. */
export function fail(deployment: Deployment, reason: string, cause: Cause): Transition {
  return giveUp(deployment, 'Failed', reason, cause);
}

/** Ends a deployment that has not started, or is superseded. */
export function cancel(deployment: Deployment, reason: string, cause: Cause): Transition {
  return giveUp(deployment, 'Cancelled', reason, cause);
}

/** Ends a deployment in favour of a newer one. */
export function supersede(deployment: Deployment, by: string, cause: Cause): Transition {
  const { deployment: cancelled, events } = cancel(deployment, `superseded by ${by}`, cause);
  return { deployment: { ...cancelled, supersededBy: by }, events };
}

type Ending = 'RolledBack' | 'Failed' | 'Cancelled';

const endings: Record<Ending, readonly [DeploymentEvent['kind'], string, DeploymentPhase['status']]> = {
  RolledBack: ['rolledBack', 'Rolled back', 'RolledBack'],
  Failed: ['failed', 'Failed', 'RolledBack'],
  Cancelled: ['cancelled', 'Cancelled', 'Skipped'],
};

function giveUp(deployment: Deployment, status: Ending, reason: string, cause: Cause): Transition {
  const [kind, word, phaseStatus] = endings[status];
  const phaseEnded = withPhaseEnded(deployment, phaseStatus, cause.at);
  return {
    deployment: { ...ended(phaseEnded, status, cause), percentage: 0, rollbackReason: reason },
    events: [draft(kind, cause, `${word}: ${reason}`)],
  };
}
