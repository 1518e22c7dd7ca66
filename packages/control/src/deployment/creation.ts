import { ConfigurationConflictError } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import { conflictFacts, conflictsOf, withSuperseded } from './conflicts.ts';
import { decideStart } from './decide-start.ts';
import type { StartFacts } from './decide-start.ts';
import { mostOpen } from './deployment-store.ts';
import type { Deployment } from './deployment.ts';
import type { Change, StoredDeployment } from './stored-deployment.ts';
import type { Cause, Transition } from './transition.ts';

/** The system into which a deployment is created. */
export interface CreationContext {
  /** All open deployments. */
  readonly open: readonly StoredDeployment[];
  readonly facts: Omit<StartFacts, 'blockedBy' | 'unapproved'>;
  readonly cause: Cause;
  readonly configuration: Configuration;
}

/**
 * The changes that create a deployment: it starts at once unless it has to wait. Throws a ConfigurationConflictError when
 * one of its routes is being deployed and it is to be refused then.
 */
export function creationOf(
  planned: Transition,
  { open, facts, cause, configuration }: CreationContext,
): readonly Change[] {
  const { deployment, events } = planned;
  refuseConflicts(deployment, open);
  const next = decideStart(deployment, { ...facts, ...conflictFacts(deployment, open) }, cause);
  const transition = next === undefined ? planned : { ...next, events: [...events, ...next.events] };
  return withSuperseded({ before: undefined, transition }, { open, configuration });
}

function refuseConflicts(deployment: Deployment, open: readonly StoredDeployment[]): void {
  if (open.length >= mostOpen) {
    throw new ConfigurationConflictError(`${mostOpen} deployments run or wait already: let some of them end first`);
  }
  const { onConflict, emergency } = deployment.settings;
  const [conflict] = conflictsOf(deployment, open);
  if (conflict === undefined || onConflict !== 'refuse' || emergency) return;
  const { deploymentId, status } = conflict.deployment;
  throw new ConfigurationConflictError(
    `deployment ${deploymentId} of the same route is ${status}: wait for it (onConflict: wait), or supersede it (onConflict: supersede)`,
  );
}
