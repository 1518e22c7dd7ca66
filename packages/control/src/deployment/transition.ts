import type { Deployment, DeploymentEvent, DeploymentPhase } from './deployment.ts';

/** An event that is to be recorded with a transition. */
export type EventDraft = Pick<DeploymentEvent, 'kind' | 'by' | 'text'>;

/** A deployment after something happened to it, and the events that tell of it. */
export interface Transition {
  readonly deployment: Deployment;
  readonly events: readonly EventDraft[];
}

/** When something happens, and who wants it. */
export interface Cause {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
}

/** The author of transitions that no person asked for. */
export const byItself = 'sluice';

/** An event that is to be recorded. */
export function draft(kind: EventDraft['kind'], { by }: Cause, text: string): EventDraft {
  return { kind, by, text };
}

/** The same transition with an event before its own. */
export function preceded(event: EventDraft, { deployment, events }: Transition): Transition {
  return { deployment, events: [event, ...events] };
}

/** The routes of a deployment with their versions. */
export function namesOf({ routes }: Pick<Deployment, 'routes'>): string {
  const [first, ...others] = routes;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first.routeId} version ${first.configVersion}${more}`;
}

/** The current phase; undefined before the first. */
export function phaseOf({ phases, currentPhaseIndex }: Deployment): DeploymentPhase | undefined {
  return phases[currentPhaseIndex];
}

/** The deployment with another form of one phase. */
export function withPhase(deployment: Deployment, index: number, phase: DeploymentPhase): Deployment {
  return { ...deployment, phases: deployment.phases.with(index, phase) };
}

/** The deployment in progress: neither paused nor waiting, and with all its patience. */
export function running(deployment: Deployment, at: string): Deployment {
  const { paused, waitingFor: _waitingFor, ...rest } = deployment;
  const resumed: Deployment = { ...rest, status: 'InProgress', updatedAt: at };
  const phase = phaseOf(resumed);
  if (paused === undefined || phase === undefined) return resumed;
  const pausedMs = (phase.pausedMs ?? 0) + Math.max(0, Date.parse(at) - Date.parse(paused.at));
  const patient = withPhase(resumed, resumed.currentPhaseIndex, { ...phase, pausedMs, patientSince: at });
  // Readiness was not checked while it was paused: the candidate gets its whole time again.
  return resumed.step?.kind === 'warming' ? { ...patient, step: { ...resumed.step, since: at } } : patient;
}

/** The deployment with its current phase ended. */
export function withPhaseEnded(deployment: Deployment, status: DeploymentPhase['status'], at: string): Deployment {
  const { currentPhaseIndex, verdict } = deployment;
  const phase = phaseOf(deployment);
  if (phase === undefined || phase.status !== 'InProgress') return deployment;
  const next = withPhase(deployment, currentPhaseIndex, { ...phase, status, completedAt: at });
  const isMeasured = verdict?.phaseIndex === currentPhaseIndex && deployment.percentage < 100;
  const hasBaseline = isMeasured && verdict.stable.requestCount >= phase.analysis.minRequests;
  return hasBaseline ? { ...next, baseline: verdict.stable } : next;
}

/** The deployment at its end. */
export function ended(deployment: Deployment, status: Deployment['status'], { at, by }: Cause): Deployment {
  const { paused: _paused, waitingFor: _waitingFor, step: _step, judge: _judge, ...rest } = deployment;
  return { ...rest, status, completedAt: at, endedBy: by, updatedAt: at };
}
