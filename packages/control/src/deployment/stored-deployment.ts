import { analysisConfig } from '@sluice/model';
import type { Body, Stored, Write } from '../store/index.ts';
import { deploymentEvents, deploymentRoutes, deployments } from './collections.ts';
import type { DeploymentBody } from './collections.ts';
import { hasEnded } from './deployment.ts';
import type { Deployment, DeploymentEvent } from './deployment.ts';
import { verdictDocument, verdictIn } from './judge/index.ts';
import type { VerdictDocument } from './judge/index.ts';
import type { EventDraft, Transition } from './transition.ts';

/** A deployment as it was read, with the version that it has to have still when it is written. */
export type StoredDeployment = Pick<Stored, 'version'> & { readonly deployment: Deployment };

/** A transition of one deployment that is to be written. */
export interface Change {
  /** Undefined for a new deployment. */
  readonly before: StoredDeployment | undefined;
  readonly transition: Transition;
}

/** The writes that tell subscribers of an event. */
export type NoticeWrites = (event: DeploymentEvent, deployment: Deployment) => readonly Write[];

type DeploymentDocument = Omit<Deployment, 'verdict'> & { readonly verdict?: VerdictDocument };

/** The events that show the verdict behind them. */
const withVerdict: ReadonlySet<DeploymentEvent['kind']> = new Set([
  'verdict',
  'asked',
  'rolledBack',
  'phaseStarted',
  'completed',
]);

const defaultAnalysis = analysisConfig.parse({});

/** Reads a deployment out of its stored document. What an earlier version stored lacks the limits that have been added since. */
export function deploymentIn(body: DeploymentBody): Deployment {
  const { verdict, ...stored } = body.deployment as unknown as DeploymentDocument;
  const phases = stored.phases.map((phase) => ({ ...phase, analysis: { ...defaultAnalysis, ...phase.analysis } }));
  const rest = { ...stored, phases };
  return verdict === undefined ? rest : { ...rest, verdict: verdictIn(verdict) };
}

/** The writes of one change, and the deployment as it is written. */
export function changeWrites(
  { before, transition }: Change,
  notices: NoticeWrites,
): { readonly deployment: Deployment; readonly writes: readonly Write[] } {
  const { eventCount } = transition.deployment;
  const deployment: Deployment = { ...transition.deployment, eventCount: eventCount + transition.events.length };
  const events = transition.events.map((event, index) => eventOf(deployment, event, eventCount + index + 1));
  return {
    deployment,
    writes: [
      deploymentWrite(deployment, before?.version ?? 'absent'),
      ...(before?.deployment.status === deployment.status ? [] : routeWrites(deployment)),
      ...events.map((event) => eventWrite(event)),
      ...events.flatMap((event) => notices(event, deployment)),
    ],
  };
}

/** The id of the entry by which a deployment is found by one of its routes. Route ids contain no `~`. */
export function routeEntryId(routeId: string, deploymentId: string): string {
  return `${routeId}~${deploymentId}`;
}

function deploymentWrite({ verdict, ...rest }: Deployment, expect: number | 'absent'): Write {
  const document = verdict === undefined ? rest : { ...rest, verdict: verdictDocument(verdict) };
  const { deploymentId, status, environment, routes, strategy, createdAt, completedAt } = rest;
  const body: DeploymentBody = {
    status,
    isOpen: !hasEnded(rest) && rest.isPlain !== true,
    environment,
    routeId: routes[0].routeId,
    strategy,
    createdAt,
    ...(completedAt !== undefined && { completedAt }),
    deployment: document as unknown as Body,
  };
  return { kind: 'put', collection: deployments, id: deploymentId, body, expect };
}

function routeWrites({ deploymentId, routes, status, environment, createdAt }: Deployment): Write[] {
  return routes.map(({ routeId }) => ({
    kind: 'put',
    collection: deploymentRoutes,
    id: routeEntryId(routeId, deploymentId),
    body: { routeId, deploymentId, status, environment, createdAt },
    expect: 'any',
  }));
}

function eventOf(deployment: Deployment, draft: EventDraft, sequence: number): DeploymentEvent {
  const { deploymentId, status, currentPhaseIndex, percentage, verdict, updatedAt } = deployment;
  return {
    deploymentId,
    sequence,
    at: updatedAt,
    ...draft,
    status,
    phaseIndex: currentPhaseIndex,
    percentage,
    ...(verdict !== undefined && withVerdict.has(draft.kind) && { verdict: verdictDocument(verdict) }),
  };
}

function eventWrite(event: DeploymentEvent): Write {
  const { deploymentId, sequence, at, kind } = event;
  const body = { deploymentId, sequence, at, kind, event: event as unknown as Body };
  return { kind: 'put', collection: deploymentEvents, id: `${deploymentId}~${sequence}`, body, expect: 'absent' };
}
