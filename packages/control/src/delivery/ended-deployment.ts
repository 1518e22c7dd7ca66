import { hasEnded } from '../deployment/index.ts';
import type { Deployment, DeploymentEvent, DeploymentStatus } from '../deployment/index.ts';

/** What figures need of a deployment that has ended. Times in milliseconds since 1970. */
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
  /** The first sign of what it was rolled back for; undefined when a person decided without one. */
  readonly failureSeenAt: number | undefined;
  /** How long it went forward, in milliseconds. */
  readonly workingMs: number;
};

/** The part of an event that tells when a deployment went forward. */
export type StatusEvent = Pick<DeploymentEvent, 'at' | 'status'>;

/** Reduces a deployment that has ended, with its events in order; undefined when it has not ended. */
export function endedDeployment(deployment: Deployment, events: readonly StatusEvent[]): EndedDeployment | undefined {
  const { deploymentId, status, settings, createdAt, startedAt, completedAt, rolledBackAt, failureSeenAt } = deployment;
  if (!isOutcome(status) || !hasEnded(deployment)) return undefined;
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

/** Between two events a deployment has the status that it had after the first of them. */
function workingTime(events: readonly StatusEvent[], endedAt: number): number {
  let working = 0;
  for (const [index, { at, status }] of events.entries()) {
    const next = events[index + 1];
    const until = next === undefined ? endedAt : Date.parse(next.at);
    if (status === 'InProgress') working += Math.max(0, until - Date.parse(at));
  }
  return working;
}
