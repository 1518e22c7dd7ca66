import { ConfigurationConflictError } from '../configuration/index.ts';
import type { Author } from '../configuration/index.ts';
import type { Deployment } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import { rollBack } from './endings.ts';
import { ForbiddenActionError } from './errors.ts';
import { advance, beginApprovedPhase, promoteTo } from './progress.ts';
import { draft, preceded, running } from './transition.ts';
import type { Cause, Transition } from './transition.ts';
import { pause, resume } from './waiting.ts';

/** Who acts. */
export interface Actor extends Author {
  /** Admins may deploy emergencies. */
  readonly isAdmin: boolean;
}

/** What a person can do to a deployment. */
export type DeploymentAction =
  | { readonly kind: 'approve'; readonly reason?: string | undefined }
  | { readonly kind: 'reject'; readonly reason: string }
  /** To the next phase when there is no target; with 100 to the end. */
  | {
      readonly kind: 'promote';
      readonly targetPercentage?: number | undefined;
      /** The phase that the person saw: nothing is done when another one is the current phase by now. */
      readonly fromPhaseIndex?: number | undefined;
    }
  | { readonly kind: 'pause'; readonly reason?: string | undefined }
  | { readonly kind: 'resume' }
  | { readonly kind: 'rollback'; readonly reason: string };

export interface ActionContext {
  readonly actor: Actor;
  /** ISO 8601. */
  readonly at: string;
  /** The freeze that holds now. */
  readonly freeze: string | undefined;
}

/**
 * What a person's action does to a deployment. Pure. Throws a ConfigurationConflictError when the deployment has ended or
 * its status does not allow the action, and a ForbiddenActionError when this person may not do it.
 */
export function applyAction(deployment: Deployment, action: DeploymentAction, context: ActionContext): Transition {
  const { deploymentId, status } = deployment;
  if (hasEnded(deployment)) {
    throw new ConfigurationConflictError(`deployment ${deploymentId} has ended: it is ${status}`);
  }
  if (deployment.isPlain === true) {
    const way = 'change the route again, or restore an earlier revision';
    throw new ConfigurationConflictError(`${deploymentId} is a plain change, which is live already: ${way}`);
  }
  const cause = { at: context.at, by: context.actor.name };
  switch (action.kind) {
    case 'approve':
      requireApprover(deployment, context.actor);
      // A deployment that has not started waits for the end of a freeze by itself; a phase begins with its approval.
      if (deployment.startedAt !== undefined) requireNoFreeze(deployment, context.freeze);
      return approve(deployment, action.reason, cause);
    case 'reject':
      requireStatus(deployment, ['AwaitingApproval'], 'rejected');
      return reject(deployment, action.reason, cause);
    case 'promote':
      return promote(deployment, action.targetPercentage, context);
    case 'pause':
      requireStatus(deployment, ['InProgress'], 'paused');
      return pause(deployment, action.reason ?? 'no reason given', cause);
    case 'resume':
      requireStatus(deployment, ['Paused'], 'resumed');
      return resume(deployment, cause);
    case 'rollback':
      return rollBack(deployment, action.reason, cause);
  }
}

function approve(deployment: Deployment, reason: string | undefined, cause: Cause): Transition {
  const approval = { status: 'Approved', by: cause.by, at: cause.at, ...(reason !== undefined && { reason }) } as const;
  const event = draft('approved', cause, `Approved by ${cause.by}${reason === undefined ? '' : `: ${reason}`}.`);
  const { waitingFor: _waitingFor, ...rest } = deployment;
  const approved: Deployment = { ...rest, approval, updatedAt: cause.at };
  if (deployment.startedAt === undefined) return { deployment: { ...approved, status: 'Pending' }, events: [event] };
  return preceded(event, beginApprovedPhase(approved, cause));
}

function reject(deployment: Deployment, reason: string, cause: Cause): Transition {
  const approval = { status: 'Rejected', by: cause.by, at: cause.at, reason } as const;
  const event = draft('rejected', cause, `Rejected by ${cause.by}: ${reason}`);
  return preceded(event, rollBack({ ...deployment, approval }, `rejected by ${cause.by}: ${reason}`, cause));
}

/** Another person approves: neither the author nor an API key of the author. */
function requireApprover(deployment: Deployment, actor: Actor): void {
  const { deploymentId, author, status } = deployment;
  if (status !== 'AwaitingApproval') {
    throw new ConfigurationConflictError(`deployment ${deploymentId} does not wait for an approval: it is ${status}`);
  }
  if (actor.kind === 'apiKey' && actor.person === undefined) {
    const message = `the API key ${actor.name} belongs to nobody: a person has to approve ${deploymentId}`;
    throw new ForbiddenActionError(message);
  }
  if (isSamePerson(deployment, actor)) {
    const owner = author.kind === 'apiKey' ? ` of ${personName(deployment) ?? 'nobody'}` : '';
    throw new ForbiddenActionError(
      `${author.name}${owner} created deployment ${deploymentId}: another person has to approve it`,
    );
  }
}

/** By id. Earlier versions stored names alone. */
function isSamePerson(deployment: Deployment, { person, name }: Actor): boolean {
  const { author } = deployment;
  if (author.person !== undefined && person !== undefined) return author.person.id === person.id;
  return personName(deployment)?.toLowerCase() === (person?.name ?? name).toLowerCase();
}

/** The author, or the owner of the API key that is the author. */
function personName({ author, behind }: Deployment): string | undefined {
  return author.person?.name ?? (author.kind === 'user' ? author.name : behind);
}

function requireNoFreeze({ deploymentId, settings }: Deployment, freeze: string | undefined): void {
  if (freeze === undefined || settings.emergency) return;
  throw new ConfigurationConflictError(`deployment ${deploymentId} cannot continue now. ${freeze}`);
}

function promote(deployment: Deployment, target: number | undefined, context: ActionContext): Transition {
  requireStatus(deployment, ['InProgress', 'Paused'], 'promoted');
  requireNoFreeze(deployment, context.freeze);
  requireNoApproval(deployment, target);
  const { name } = context.actor;
  const cause = { at: context.at, by: name };
  const text = target === undefined ? `Promoted by ${name} to the next phase.` : `Promoted by ${name} to ${target} %.`;
  const event = draft('promoted', cause, text);
  if (target === undefined) {
    const resumed = deployment.status === 'Paused' ? running(deployment, cause.at) : deployment;
    return preceded(event, advance(resumed, cause));
  }
  requireHigher(deployment, target);
  return preceded(event, promoteTo(deployment, target, cause));
}

function requireHigher({ deploymentId, percentage, strategy, step }: Deployment, target: number): void {
  if (target >= 100) return;
  if (step?.kind === 'rolling' || strategy === 'BlueGreen') {
    throw new ConfigurationConflictError(
      `${strategy} does not divide traffic by percentages: promote to the next phase, or to 100`,
    );
  }
  if (target > percentage) return;
  throw new ConfigurationConflictError(
    `the candidate of ${deploymentId} has ${percentage} % already, and its share only grows: roll back to take it away`,
  );
}

/**
 * A promotion does not skip a phase that needs an approval, and does not come close to it either: what exceeds the share
 * of the phase before has to be approved.
 */
function requireNoApproval({ deploymentId, phases, currentPhaseIndex, settings }: Deployment, target = -1): void {
  const skipped = phases.findIndex(
    ({ needsApproval }, index) =>
      needsApproval && index > currentPhaseIndex && target > phases[index - 1].trafficPercentage,
  );
  if (skipped === -1 || settings.emergency) return;
  const { name } = phases[skipped];
  throw new ConfigurationConflictError(
    `phase ${skipped + 1}, ${name}, of ${deploymentId} needs an approval: promote phase by phase`,
  );
}

function requireStatus(
  { deploymentId, status }: Deployment,
  allowed: readonly Deployment['status'][],
  done: string,
): void {
  if (allowed.includes(status)) return;
  const message = `deployment ${deploymentId} is ${status}: only one that is ${allowed.join(' or ')} can be ${done}`;
  throw new ConfigurationConflictError(message);
}
