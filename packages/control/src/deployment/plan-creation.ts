import { ConfigurationConflictError } from '../configuration/index.ts';
import { blockedBy, placeOf, rivalsOf, takesTheirPlace, unapprovedRival } from './blocked-by.ts';
import { mostOpen } from './deployment-store.ts';
import type { Change, StoredDeployment } from './deployment-store.ts';
import { superseding } from './superseding.ts';
import { awaitApproval, start, wait } from './transition.ts';
import type { Cause, StartingPoint, Transition } from './transition.ts';

/** What a new deployment comes into. */
export interface Surroundings {
  /** All that are open. */
  readonly open: readonly StoredDeployment[];
  /** Why nothing moves forward now: a freeze, a stopped line. */
  readonly standstill: string | undefined;
  readonly cause: Cause;
  readonly from: StartingPoint;
}

/** What is to be written for a new deployment. */
export interface Creation {
  readonly changes: readonly Change[];
  /** It begins at once, which holds only as long as nothing holds it. */
  readonly goesForward: boolean;
}

/**
 * A new deployment among those there are: it begins at once unless it waits for a person, for another deployment or for
 * the line. Pure. Throws a ConfigurationConflictError when its routes are taken and it wants to be refused then.
 */
export function planCreation(planned: Transition, { open, standstill, cause, from }: Surroundings): Creation {
  if (open.length >= mostOpen) {
    throw new ConfigurationConflictError(`${mostOpen} deployments run or wait already: let some of them end first`);
  }
  const { deployment } = planned;
  const { settings } = deployment;
  const rivals = rivalsOf(deployment, open);
  if (rivals.length > 0 && settings.onConflict === 'refuse' && !settings.emergency) throw takenError(rivals);
  if (deployment.status !== 'Pending') return asItIs(planned);
  const held = blockedBy(deployment, open) ?? (settings.emergency ? undefined : standstill);
  if (held !== undefined) return asItIs(joined(planned, wait(deployment, held, cause)));
  const unapproved = unapprovedRival(deployment, open);
  if (unapproved !== undefined) return asItIs(joined(planned, awaitApproval(deployment, placeOf(unapproved), cause)));
  const ended = takesTheirPlace(settings) ? rivals : [];
  const changes = [...superseding(ended, deployment.deploymentId, cause), begun(planned, ended, { cause, from })];
  return { changes, goesForward: !settings.emergency };
}

function asItIs(transition: Transition): Creation {
  return { changes: [{ before: undefined, transition }], goesForward: false };
}

function takenError([{ deployment }]: readonly StoredDeployment[]): ConfigurationConflictError {
  const { deploymentId, status } = deployment;
  return new ConfigurationConflictError(
    `deployment ${deploymentId} of the same route is ${status}: wait for it (onConflict: wait), or take its place (onConflict: supersede)`,
  );
}

/** The change by which a new deployment begins at once. */
function begun(
  planned: Transition,
  rivals: readonly StoredDeployment[],
  { cause, from }: Pick<Surroundings, 'cause' | 'from'>,
): Change {
  const supersedes = rivals.map((one) => one.deployment.deploymentId);
  const deployment = { ...planned.deployment, ...(supersedes.length > 0 && { supersedes }) };
  return { before: undefined, transition: joined(planned, start(deployment, cause, from)) };
}

function joined(first: Transition, second: Transition): Transition {
  return { deployment: second.deployment, events: [...first.events, ...second.events] };
}
