import { waitFor } from './decision.ts';
import type { Deployment } from './deployment.ts';
import type { Facts } from './facts.ts';
import { start } from './progress.ts';
import type { StartingPoint } from './progress.ts';
import type { Cause, Transition } from './transition.ts';
import { awaitApproval } from './waiting.ts';

/** What decides whether a deployment starts. */
export type StartFacts = Pick<Facts, 'blockedBy' | 'unapproved' | 'freeze'> & StartingPoint;

/** Starts a pending deployment unless it has to wait for another one, for the end of a freeze or for a person. */
export function decideStart(deployment: Deployment, facts: StartFacts, cause: Cause): Transition | undefined {
  if (deployment.status !== 'Pending') return undefined;
  const reason = facts.blockedBy ?? freezeFor(deployment, facts);
  if (reason !== undefined) return waitFor(deployment, reason, cause);
  if (facts.unapproved !== undefined) return awaitApproval(deployment, facts.unapproved, cause);
  return start(deployment, cause, facts);
}

/** The freeze that holds for a deployment: none does for an emergency. */
export function freezeFor({ settings }: Deployment, { freeze }: Pick<Facts, 'freeze'>): string | undefined {
  return settings.emergency ? undefined : freeze;
}
