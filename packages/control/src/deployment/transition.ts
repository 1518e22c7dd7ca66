import type { DeploymentEvent } from './deployments.ts';
import type { Deployment, DeploymentPhase, DeploymentStep } from './deployment.ts';

/** Something to be written down with a transition. */
export interface EventDraft {
  readonly kind: DeploymentEvent['kind'];
  readonly by: string;
  readonly text: string;
}

/** A deployment after something happened to it, and what is to be written down about that. */
export interface Transition {
  readonly deployment: Deployment;
  readonly events: readonly EventDraft[];
}

/** Who makes transitions that nobody asked for. */
export const byItself = 'sluice';

/** When, and on whose behalf. */
export interface Cause {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
}

/** Where the configuration is when a deployment begins. */
export interface StartingPoint {
  readonly revision: number;
  /** Some node is live, and will say whether it runs what the deployment brings. */
  readonly hasNodes: boolean;
}

/** Begins to run: its first phase, or, when there is nothing to compare, all of it at once. */
export function start(deployment: Deployment, cause: Cause, { revision, hasNodes }: StartingPoint): Transition {
  const { at } = cause;
  const { waitingFor: _waitingFor, ...rest } = deployment;
  const started: Deployment = { ...rest, status: 'InProgress', startedAt: at, updatedAt: at };
  const event = draft('started', cause, `Started: ${namesOf(deployment)}, strategy ${deployment.strategy}.`);
  const begun = beginPhase(started, 0, cause);
  if (deployment.strategy !== 'Direct') return followedBy(event, begun);
  if (!hasNodes) return followedBy(event, complete(begun.deployment, cause));
  return { deployment: { ...begun.deployment, step: { kind: 'settling', revision } }, events: [event] };
}

/** Ends the current phase and goes on to the next one, or to the end. */
export function advance(deployment: Deployment, cause: Cause): Transition {
  const { currentPhaseIndex, phases } = deployment;
  const next = currentPhaseIndex + 1;
  if (next >= phases.length) return complete(deployment, cause);
  const ended = endPhase(deployment, 'Completed', cause.at);
  if (phases[next].needsApproval && !deployment.settings.emergency) return requestApproval(ended, next, cause);
  return beginPhase(ended, next, cause);
}

/** Goes to a share straight away, past phases that lie below it. The share is larger than the current one. */
export function promoteTo(deployment: Deployment, percentage: number, cause: Cause): Transition {
  if (percentage >= 100) return complete(deployment, cause);
  const { phases, currentPhaseIndex } = deployment;
  const index = phases.findLastIndex(({ trafficPercentage }) => trafficPercentage <= percentage);
  const text = `The candidate gets ${percentage} % straight away.`;
  if (index <= currentPhaseIndex) {
    const resumed = running(deployment, cause.at);
    const phase = { ...resumed.phases[currentPhaseIndex], patientSince: cause.at };
    const changed = withPhase(resumed, currentPhaseIndex, phase);
    const next = { ...changed, percentage, epoch: deployment.epoch + 1, step: serving };
    return { deployment: next, events: [draft('percentageChanged', cause, text)] };
  }
  const ended = endPhase(deployment, 'Completed', cause.at);
  const skipped = ended.phases.map((phase, at) =>
    at > currentPhaseIndex && at < index ? { ...phase, status: 'Skipped' as const } : phase,
  );
  const begun = beginPhase({ ...running(ended, cause.at), phases: skipped }, index, cause).deployment;
  return { deployment: { ...begun, percentage }, events: [draft('percentageChanged', cause, text)] };
}

/** The candidate takes the place of the stable version. */
export function complete(deployment: Deployment, cause: Cause): Transition {
  const ended = endPhase(running(deployment, cause.at), 'Completed', cause.at);
  const phases = ended.phases.map((phase) =>
    phase.status === 'Pending' ? { ...phase, status: 'Skipped' as const } : phase,
  );
  const text = `Completed: ${namesOf(deployment)} serves all traffic.`;
  return {
    deployment: { ...end({ ...ended, phases }, 'Completed', cause), percentage: 100 },
    events: [draft('completed', cause, text)],
  };
}

/** Gives all traffic back to the stable version; a deployment that has not begun is called off. */
export function rollBack(deployment: Deployment, reason: string, cause: Cause): Transition {
  if (deployment.startedAt === undefined) return cancel(deployment, reason, cause);
  const ended = end(endPhase(deployment, 'RolledBack', cause.at), 'RolledBack', cause);
  return {
    deployment: { ...ended, percentage: 0, rolledBackAt: cause.at, rollbackReason: reason },
    events: [draft('rolledBack', cause, `Rolled back: ${reason}`)],
  };
}

/** It cannot be done: the stable version goes on alone. */
export function fail(deployment: Deployment, reason: string, cause: Cause): Transition {
  const ended = end(endPhase(deployment, 'RolledBack', cause.at), 'Failed', cause);
  return {
    deployment: { ...ended, percentage: 0, rollbackReason: reason },
    events: [draft('failed', cause, `Failed: ${reason}`)],
  };
}

/** Called off before it began, or because a newer one takes its place. */
export function cancel(deployment: Deployment, reason: string, cause: Cause): Transition {
  const ended = end(endPhase(deployment, 'Skipped', cause.at), 'Cancelled', cause);
  return {
    deployment: { ...ended, percentage: 0, rollbackReason: reason },
    events: [draft('cancelled', cause, `Cancelled: ${reason}`)],
  };
}

/** A newer deployment takes its place. */
export function supersede(deployment: Deployment, by: string, cause: Cause): Transition {
  const { deployment: ended, events } = cancel(deployment, `superseded by ${by}`, cause);
  return { deployment: { ...ended, supersededBy: by }, events };
}

/** Waits for a person to agree before it begins. */
export function awaitApproval(deployment: Deployment, reason: string, cause: Cause): Transition {
  return {
    deployment: {
      ...deployment,
      status: 'AwaitingApproval',
      approval: { status: 'Pending' },
      waitingFor: reason,
      updatedAt: cause.at,
    },
    events: [draft('approvalRequested', cause, `Waits for ${reason}.`)],
  };
}

/** Somebody agreed to what waits for it. */
export function approve(deployment: Deployment, reason: string | undefined, cause: Cause): Transition {
  const approval = { status: 'Approved', by: cause.by, at: cause.at, ...(reason !== undefined && { reason }) } as const;
  const event = draft('approved', cause, `Approved by ${cause.by}${reason === undefined ? '' : `: ${reason}`}.`);
  const { waitingFor: _waitingFor, ...rest } = deployment;
  const approved: Deployment = { ...rest, approval, updatedAt: cause.at };
  if (deployment.startedAt === undefined) return { deployment: { ...approved, status: 'Pending' }, events: [event] };
  const next = beginPhase({ ...approved, status: 'InProgress' }, deployment.currentPhaseIndex + 1, cause);
  return followedBy(event, next);
}

/** Somebody did not agree. */
export function reject(deployment: Deployment, reason: string, cause: Cause): Transition {
  const approval = { status: 'Rejected', by: cause.by, at: cause.at, reason } as const;
  const event = draft('rejected', cause, `Rejected by ${cause.by}: ${reason}`);
  const why = `rejected by ${cause.by}: ${reason}`;
  const rejected = { ...deployment, approval };
  return followedBy(event, rollBack(rejected, why, cause));
}

/** Holds the share as it is. */
export function pause(deployment: Deployment, reason: string, cause: Cause): Transition {
  const paused = { at: cause.at, by: cause.by, reason, asks: false };
  return {
    deployment: { ...deployment, status: 'Paused', paused, updatedAt: cause.at },
    events: [draft('paused', cause, `Paused by ${cause.by}: ${reason}`)],
  };
}

/** Holds the share as it is until a person decides. */
export function ask(deployment: Deployment, reason: string, cause: Cause): Transition {
  const paused = { at: cause.at, reason, asks: true };
  return {
    deployment: { ...deployment, status: 'Paused', paused, waitingFor: reason, updatedAt: cause.at },
    events: [draft('asked', cause, `A person has to decide: ${reason}`)],
  };
}

/** Goes on where it was. */
export function resume(deployment: Deployment, cause: Cause): Transition {
  return { deployment: running(deployment, cause.at), events: [draft('resumed', cause, `Resumed by ${cause.by}.`)] };
}

/** Says what it waits for. */
export function wait(deployment: Deployment, reason: string, cause: Cause): Transition {
  return {
    deployment: { ...deployment, waitingFor: reason, updatedAt: cause.at },
    events: [draft('waiting', cause, reason)],
  };
}

/** Takes another step within the current phase. */
export function takeStep(
  deployment: Deployment,
  step: DeploymentStep,
  drafts: readonly EventDraft[],
  at: string,
): Transition {
  return { deployment: { ...deployment, step, updatedAt: at }, events: drafts };
}

/** Every node runs the candidate: it serves everything, and is watched for as long as the phase wants. */
export function serveAll(deployment: Deployment, drafts: readonly EventDraft[], at: string): Transition {
  const phase = { ...deployment.phases[deployment.currentPhaseIndex], patientSince: at };
  const next = withPhase(deployment, deployment.currentPhaseIndex, phase);
  return { deployment: { ...next, step: serving, percentage: 100, updatedAt: at }, events: drafts };
}

/** Something to be written down. */
export function draft(kind: EventDraft['kind'], { by }: Cause, text: string): EventDraft {
  return { kind, by, text };
}

/** The routes of a deployment with their versions, for people. */
export function namesOf({ routes }: Pick<Deployment, 'routes'>): string {
  const [first, ...others] = routes;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first.routeId} version ${first.configVersion}${more}`;
}

const serving: DeploymentStep = { kind: 'serving' };

function beginPhase(deployment: Deployment, index: number, cause: Cause): Transition {
  const { at } = cause;
  const phase = { ...deployment.phases[index], status: 'InProgress' as const, startedAt: at };
  const { waitingFor: _waitingFor, ...rest } = withPhase(deployment, index, phase);
  const percentage = Math.max(deployment.percentage, deployment.strategy === 'Rolling' ? 0 : phase.trafficPercentage);
  const begun: Deployment = {
    ...rest,
    currentPhaseIndex: index,
    percentage,
    epoch: deployment.epoch + 1,
    step: firstStep(deployment, index, at),
    updatedAt: at,
  };
  const text = `Phase ${index + 1} of ${deployment.phases.length}, ${phase.name}: the candidate gets ${percentage} %.`;
  return { deployment: begun, events: [draft('phaseStarted', cause, text)] };
}

function firstStep(deployment: Deployment, index: number, at: string): DeploymentStep {
  if (deployment.strategy === 'BlueGreen' && index === 0) {
    return { kind: 'warming', since: at };
  }
  if (deployment.strategy === 'Rolling') return { kind: 'rolling', done: [], turning: [] };
  return serving;
}

function requestApproval(deployment: Deployment, next: number, cause: Cause): Transition {
  const reason = `approval of phase ${next + 1}, ${deployment.phases[next].name}`;
  const phase = { ...deployment.phases[next], status: 'AwaitingApproval' as const };
  return awaitApproval(withPhase(deployment, next, phase), reason, cause);
}

/** Not paused, and patient again. */
function running(deployment: Deployment, at: string): Deployment {
  const { paused, waitingFor: _waitingFor, ...rest } = deployment;
  const resumed: Deployment = { ...rest, status: 'InProgress', updatedAt: at };
  const phase = resumed.phases[resumed.currentPhaseIndex] as DeploymentPhase | undefined;
  if (paused === undefined || phase === undefined) return resumed;
  const pausedMs = (phase.pausedMs ?? 0) + Math.max(0, Date.parse(at) - Date.parse(paused.at));
  const patient = withPhase(resumed, resumed.currentPhaseIndex, { ...phase, pausedMs, patientSince: at });
  // Nobody looked while it was paused: the candidate has its time to become ready anew.
  return resumed.step?.kind === 'warming' ? { ...patient, step: { ...resumed.step, since: at } } : patient;
}

function endPhase(deployment: Deployment, status: DeploymentPhase['status'], at: string): Deployment {
  const { currentPhaseIndex, verdict } = deployment;
  const phase = deployment.phases[currentPhaseIndex] as DeploymentPhase | undefined;
  if (phase === undefined || phase.status !== 'InProgress') return deployment;
  const ended = withPhase(deployment, currentPhaseIndex, { ...phase, status, completedAt: at });
  const isMeasured = verdict?.phaseIndex === currentPhaseIndex && deployment.percentage < 100;
  const hasBaseline = isMeasured && verdict.stable.requestCount >= phase.analysis.minRequests;
  return hasBaseline ? { ...ended, baseline: verdict.stable } : ended;
}

function end(deployment: Deployment, status: Deployment['status'], { at, by }: Cause): Deployment {
  const { paused: _paused, waitingFor: _waitingFor, step: _step, judge: _judge, ...rest } = deployment;
  return { ...rest, status, completedAt: at, endedBy: by, updatedAt: at };
}

function withPhase(deployment: Deployment, index: number, phase: DeploymentPhase): Deployment {
  return { ...deployment, phases: deployment.phases.with(index, phase) };
}

function followedBy(event: EventDraft, { deployment, events }: Transition): Transition {
  return { deployment, events: [event, ...events] };
}
