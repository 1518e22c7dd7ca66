import type { Deployment, DeploymentStep } from './deployment.ts';
import { draft, ended, namesOf, preceded, running, withPhase, withPhaseEnded } from './transition.ts';
import type { Cause, EventDraft, Transition } from './transition.ts';
import { awaitApproval } from './waiting.ts';

/** The state of the system when a deployment starts. */
export interface StartingPoint {
  readonly revision: number;
  /** Some node is live, and will report whether it runs the new versions. */
  readonly hasNodes: boolean;
}

const serving: DeploymentStep = { kind: 'serving' };

/** Starts a deployment: with its first phase, or, when it is Direct, with all traffic at once. */
export function start(deployment: Deployment, cause: Cause, { revision, hasNodes }: StartingPoint): Transition {
  const { at } = cause;
  const { waitingFor: _waitingFor, ...rest } = deployment;
  const started: Deployment = { ...rest, status: 'InProgress', startedAt: at, updatedAt: at };
  const event = draft('started', cause, `Started: ${namesOf(deployment)}, strategy ${deployment.strategy}.`);
  const begun = beginPhase(started, 0, cause);
  if (deployment.strategy !== 'Direct') return preceded(event, begun);
  if (!hasNodes) return preceded(event, complete(begun.deployment, cause));
  return { deployment: { ...begun.deployment, step: { kind: 'settling', revision } }, events: [event] };
}

/** Ends the current phase, and begins the next one or completes. */
export function advance(deployment: Deployment, cause: Cause): Transition {
  const { currentPhaseIndex, phases, settings } = deployment;
  const index = currentPhaseIndex + 1;
  if (index >= phases.length) return complete(deployment, cause);
  const phaseEnded = withPhaseEnded(deployment, 'Completed', cause.at);
  const next = phases[index];
  if (!next.needsApproval || settings.emergency) return beginPhase(phaseEnded, index, cause);
  const waiting = withPhase(phaseEnded, index, { ...next, status: 'AwaitingApproval' });
  return awaitApproval(waiting, `approval of phase ${index + 1}, ${next.name}`, cause);
}

/** Raises the share at once, past the phases below it. */
export function promoteTo(deployment: Deployment, percentage: number, cause: Cause): Transition {
  if (percentage >= 100) return complete(deployment, cause);
  const { phases, currentPhaseIndex } = deployment;
  const index = phases.findLastIndex(({ trafficPercentage }) => trafficPercentage <= percentage);
  const events = [draft('percentageChanged', cause, `The candidate gets ${percentage} % at once.`)];
  if (index <= currentPhaseIndex) {
    const resumed = running(deployment, cause.at);
    const phase = { ...resumed.phases[currentPhaseIndex], patientSince: cause.at };
    const changed = withPhase(resumed, currentPhaseIndex, phase);
    return { deployment: { ...changed, percentage, epoch: deployment.epoch + 1, step: serving }, events };
  }
  const phaseEnded = withPhaseEnded(deployment, 'Completed', cause.at);
  const skipped = phaseEnded.phases.map((phase, at) =>
    at > currentPhaseIndex && at < index ? { ...phase, status: 'Skipped' as const } : phase,
  );
  const begun = beginPhase({ ...running(phaseEnded, cause.at), phases: skipped }, index, cause).deployment;
  return { deployment: { ...begun, percentage }, events };
}

/** Begins the phase that was approved. */
export function beginApprovedPhase(deployment: Deployment, cause: Cause): Transition {
  return beginPhase({ ...deployment, status: 'InProgress' }, deployment.currentPhaseIndex + 1, cause);
}

/** Replaces the stable version by the candidate. */
export function complete(deployment: Deployment, cause: Cause): Transition {
  const phaseEnded = withPhaseEnded(running(deployment, cause.at), 'Completed', cause.at);
  const phases = phaseEnded.phases.map((phase) =>
    phase.status === 'Pending' ? { ...phase, status: 'Skipped' as const } : phase,
  );
  const text = `Completed: ${namesOf(deployment)} serves all traffic.`;
  return {
    deployment: { ...ended({ ...phaseEnded, phases }, 'Completed', cause), percentage: 100 },
    events: [draft('completed', cause, text)],
  };
}

/** Goes on within the current phase: the candidate serves everything, and is watched for as long as the phase lasts. */
export function serveAll(deployment: Deployment, events: readonly EventDraft[], at: string): Transition {
  const phase = { ...deployment.phases[deployment.currentPhaseIndex], patientSince: at };
  const next = withPhase(deployment, deployment.currentPhaseIndex, phase);
  return { deployment: { ...next, step: serving, percentage: 100, updatedAt: at }, events };
}

function beginPhase(deployment: Deployment, index: number, cause: Cause): Transition {
  const { at } = cause;
  const phase = { ...deployment.phases[index], status: 'InProgress' as const, startedAt: at };
  const { waitingFor: _waitingFor, ...rest } = withPhase(deployment, index, phase);
  const percentage = Math.max(deployment.percentage, deployment.strategy === 'Rolling' ? 0 : phase.trafficPercentage);
  const step = firstStep(deployment, index, at);
  const begun = { ...rest, currentPhaseIndex: index, percentage, epoch: deployment.epoch + 1, step, updatedAt: at };
  const text = `Phase ${index + 1} of ${deployment.phases.length}, ${phase.name}: the candidate gets ${percentage} %.`;
  return { deployment: begun, events: [draft('phaseStarted', cause, text)] };
}

function firstStep({ strategy }: Deployment, index: number, at: string): DeploymentStep {
  if (strategy === 'BlueGreen' && index === 0) return { kind: 'warming', since: at };
  return strategy === 'Rolling' ? { kind: 'rolling', done: [], turning: [] } : serving;
}
