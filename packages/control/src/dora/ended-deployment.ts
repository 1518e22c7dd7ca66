import type { Deployment, DeploymentEvent, DeploymentStatus } from '../deployment/index.ts';

/** The part of an ended deployment that figures are made from. Times are in milliseconds since 1970. */
export type EndedDeployment = {
  readonly deploymentId: string;
  readonly routes: readonly { readonly routeId: string; readonly name: string }[];
  readonly outcome: 'Completed' | 'RolledBack' | 'Failed' | 'Cancelled';
  readonly isPlain: boolean;
  readonly isEmergency: boolean;
  readonly createdAt: number;
  /** Undefined when it never began. */
  readonly startedAt: number | undefined;
  readonly endedAt: number;
  /** The first sign of the failure; undefined when a person rolled it back without one. */
  readonly failureSeenAt: number | undefined;
  /** How long it was in progress, in milliseconds. */
  readonly workingMs: number;
};

/** The part of an event that tells when a deployment was in progress. */
export type StatusEvent = Pick<DeploymentEvent, 'at' | 'status'>;

/** Reduces a deployment to what figures need; undefined when it has not ended. Its events are in order. */
export function endedDeployment(deployment: Deployment, events: readonly StatusEvent[]): EndedDeployment | undefined {
  const { deploymentId, status, settings, createdAt, startedAt, completedAt, rolledBackAt, failureSeenAt } = deployment;
  if (!isOutcome(status)) return undefined;
  const endedAt = Date.parse(rolledBackAt ?? completedAt ?? deployment.updatedAt);
  return {
    deploymentId,
    routes: deployment.routes.map(({ routeId, candidate }) => ({
      routeId,
      name: candidate.name,
    })),
    outcome: status,
    isPlain: deployment.isPlain === true,
    isEmergency: settings.emergency,
    createdAt: Date.parse(createdAt),
    startedAt: startedAt === undefined ? undefined : Date.parse(startedAt),
    endedAt,
    failureSeenAt: failureSeenAt === undefined ? undefined : Date.parse(failureSeenAt),
    workingMs: workingTime(events, endedAt),
  };
}

function isOutcome(status: DeploymentStatus): status is EndedDeployment['outcome'] {
  return status === 'Completed' || status === 'RolledBack' || status === 'Failed' || status === 'Cancelled';
}

/** Between two events the status is the one after the first of them. */
function workingTime(events: readonly StatusEvent[], endedAt: number): number {
  let working = 0;
  for (const [index, { at, status }] of events.entries()) {
    const next = events[index + 1];
    const until = next === undefined ? endedAt : Date.parse(next.at);
    if (status === 'InProgress') working += Math.max(0, until - Date.parse(at));
  }
  return working;
}
