import { ConfigurationConflictError } from '../configuration/index.ts';
import type { Deployment } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import type { Actor, DeploymentAction } from './deployments.ts';
import { ForbiddenActionError } from './errors.ts';
import * as transition from './transition.ts';
import type { Transition } from './transition.ts';

/** What goes with an action. */
export interface ActionMoment {
  readonly actor: Actor;
  /** ISO 8601. */
  readonly at: string;
  /** Why nothing moves forward now: a freeze, a stopped line. */
  readonly standstill: string | undefined;
}

/**
 * What an action of a person does to a deployment. Pure. Throws a ConfigurationConflictError when it has ended or is not
 * in a state for that, a ForbiddenActionError when it is not for this person.
 */
export function applyAction(deployment: Deployment, action: DeploymentAction, moment: ActionMoment): Transition {
  const { deploymentId, status } = deployment;
  if (hasEnded(deployment)) {
    throw new ConfigurationConflictError(`deployment ${deploymentId} has ended: it is ${status}, and stays so`);
  }
  if (deployment.isPlain === true) {
    const way = 'change the route again, or restore an earlier revision';
    throw new ConfigurationConflictError(`${deploymentId} is a plain change, which is live already: ${way}`);
  }
  const cause = { at: moment.at, by: moment.actor.name };
  switch (action.kind) {
    case 'approve':
      requireApprover(deployment, moment.actor);
      // What has not begun yet waits for the line by itself; a phase begins with its approval.
      if (deployment.startedAt !== undefined) requireFreeLine(deployment, moment.standstill);
      return transition.approve(deployment, action.reason, cause);
    case 'reject':
      require(deployment, ['AwaitingApproval'], 'rejected');
      return transition.reject(deployment, action.reason, cause);
    case 'promote':
      return promote(deployment, action.targetPercentage, moment);
    case 'pause':
      require(deployment, ['InProgress'], 'paused');
      return transition.pause(deployment, action.reason ?? 'no reason given', cause);
    case 'resume':
      require(deployment, ['Paused'], 'resumed');
      return transition.resume(deployment, cause);
    case 'rollback':
      return transition.rollBack(deployment, action.reason, cause);
  }
}

/** Two pairs of eyes: who wrote it does not approve it, nor does an API key of the same person, or the other way round. */
function requireApprover(deployment: Deployment, actor: Actor): void {
  const { deploymentId, author, status } = deployment;
  if (status !== 'AwaitingApproval') {
    throw new ConfigurationConflictError(`deployment ${deploymentId} waits for no approval: it is ${status}`);
  }
  if (actor.kind === 'apiKey' && actor.person === undefined) {
    throw new ForbiddenActionError(`the API key ${actor.name} is nobody’s: a person has to approve ${deploymentId}`);
  }
  if (isSamePerson(deployment, actor)) {
    const owner = author.kind === 'apiKey' ? ` of ${personName(deployment) ?? 'nobody'}` : '';
    throw new ForbiddenActionError(
      `${author.name}${owner} made deployment ${deploymentId}: another person has to approve it`,
    );
  }
}

/** By id. Older versions wrote down names alone. */
function isSamePerson(deployment: Deployment, { person, name }: Actor): boolean {
  const { author } = deployment;
  if (author.person !== undefined && person !== undefined) return author.person.id === person.id;
  return personName(deployment)?.toLowerCase() === (person?.name ?? name).toLowerCase();
}

/** Who wrote it, or whose the API key is that did. */
function personName({ author, behind }: Deployment): string | undefined {
  return author.person?.name ?? (author.kind === 'user' ? author.name : behind);
}

function requireFreeLine({ deploymentId, settings }: Deployment, standstill: string | undefined): void {
  if (standstill === undefined || settings.emergency) return;
  throw new ConfigurationConflictError(`deployment ${deploymentId} may not go on now. ${standstill}`);
}

function promote(
  deployment: Deployment,
  target: number | undefined,
  { actor, at, standstill }: ActionMoment,
): Transition {
  require(deployment, ['InProgress', 'Paused'], 'promoted');
  const { deploymentId, percentage, strategy, step } = deployment;
  requireFreeLine(deployment, standstill);
  requireNoApproval(deployment, target);
  const cause = { at, by: actor.name };
  const event = transition.draft('promoted', cause, promotionText(actor.name, target));
  const next = (): Transition => {
    if (target === undefined) return transition.advance(resumed(deployment, cause), cause);
    if (target < 100 && (step?.kind === 'rolling' || strategy === 'BlueGreen')) {
      throw new ConfigurationConflictError(
        `${strategy} does not divide traffic by percentages: promote to the next phase, or to 100`,
      );
    }
    if (target <= percentage && target < 100) {
      const why = `the candidate of ${deploymentId} has ${percentage} % already: its share only grows; roll back to take it away`;
      throw new ConfigurationConflictError(why);
    }
    return transition.promoteTo(deployment, target, cause);
  };
  const { deployment: promoted, events } = next();
  return { deployment: promoted, events: [event, ...events] };
}

/**
 * A phase that waits for another person is not passed by: one comes to it step by step. Nor is it all but reached: more
 * than what the phase before it gives is what has to be approved.
 */
function requireNoApproval({ deploymentId, phases, currentPhaseIndex, settings }: Deployment, target = -1): void {
  const passed = phases.findIndex(
    ({ needsApproval }, index) =>
      needsApproval && index > currentPhaseIndex && target > phases[index - 1].trafficPercentage,
  );
  if (passed === -1 || settings.emergency) return;
  const { name } = phases[passed];
  throw new ConfigurationConflictError(
    `phase ${passed + 1}, ${name}, of ${deploymentId} needs an approval: promote phase by phase`,
  );
}

function resumed(deployment: Deployment, cause: transition.Cause): Deployment {
  return deployment.status === 'Paused' ? transition.resume(deployment, cause).deployment : deployment;
}

function promotionText(by: string, target: number | undefined): string {
  return target === undefined ? `Promoted by ${by} to the next phase.` : `Promoted by ${by} to ${target} %.`;
}

function require({ deploymentId, status }: Deployment, wanted: readonly Deployment['status'][], done: string): void {
  if (wanted.includes(status)) return;
  const message = `deployment ${deploymentId} is ${status}: only one that is ${wanted.join(' or ')} can be ${done}`;
  throw new ConfigurationConflictError(message);
}
