import type { Deployment, DeploymentEvent } from '../../deployment/index.ts';
import { verdictDocument } from '../../deployment/index.ts';
import { begin, planned, verdictOf } from '../../deployment/testing/parts.ts';

/** A deployment that runs. */
export function runningDeployment(more: Partial<Deployment> = {}): Deployment {
  const startedAt = new Date(begin + 1000).toISOString();
  const settings = { strategy: 'Canary', environment: 'Production', reason: 'faster' } as const;
  return { ...planned(settings), status: 'InProgress', startedAt, ...more };
}

/** An event of it. */
export function eventOf(kind: DeploymentEvent['kind'], more: Partial<DeploymentEvent> = {}): DeploymentEvent {
  return {
    deploymentId: 'orders-abc123',
    sequence: 3,
    at: new Date(begin + 2000).toISOString(),
    kind,
    by: 'sluice',
    text: `It is ${kind}.`,
    status: 'InProgress',
    phaseIndex: 1,
    percentage: 10,
    verdict: verdictDocument(verdictOf('hold', 'Not enough was seen.')),
    ...more,
  };
}
