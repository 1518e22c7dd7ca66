import { createHash } from 'node:crypto';
import type { Attributes, Span, SpanEvent, SpanStatus } from '@sluice/service/otlp';
import { spanKinds, statusCodes } from '@sluice/service/otlp';
import { hasEnded } from '../deployment/index.ts';
import type { Deployment, DeploymentEvent, DeploymentPhase, SideFigures } from '../deployment/index.ts';

/** How the whole ends. */
const ofTheWhole: ReadonlySet<DeploymentEvent['kind']> = new Set(['completed', 'rolledBack', 'failed', 'cancelled']);

/** A span has no more events than this, the latest; what collectors and their stores take is bounded as well. */
const mostEvents = 128;

/** A deployment with its history. */
export interface TracedDeployment {
  readonly deployment: Deployment;
  readonly events: readonly DeploymentEvent[];
  /** The history that it is part of. Nodes with stores of their own may run a deployment of the same id each. */
  readonly lineage: string;
}

/**
 * The spans of a deployment that ended at this moment: a phase, or the whole. Their ids follow from the deployment and its
 * lineage, so that the trace goes on whichever process sends the next one.
 */
export function spansEndedAt(traced: TracedDeployment, at: string): readonly Span[] {
  const { deployment } = traced;
  const phases = deployment.phases.flatMap((phase, index) =>
    phase.completedAt === at && phase.startedAt !== undefined ? [phaseSpan(traced, phase, index)] : [],
  );
  return deployment.completedAt === at && hasEnded(deployment) ? [...phases, wholeSpan(traced)] : phases;
}

function phaseSpan(traced: TracedDeployment, phase: DeploymentPhase, index: number): Span {
  const { deployment, events } = traced;
  const { deploymentId } = deployment;
  return {
    traceId: traceIdOf(deploymentId),
    spanId: spanIdOf(traced, `phase ${index}`),
    parentId: spanIdOf(traced, 'whole'),
    flags: 1,
    kind: spanKinds.internal,
    name: `phase ${phase.name}`,
    start: Date.parse(phase.startedAt!),
    end: Date.parse(phase.completedAt!),
    attributes: {
      'sluice.deployment': deploymentId,
      'sluice.phase': phase.name,
      'sluice.phase.index': index,
      'sluice.phase.outcome': phase.status,
      'sluice.candidate.share': { double: phase.trafficPercentage / 100 },
    },
    events: eventsOf(withinPhase(events, index, phase.completedAt!)),
    status: phase.status === 'RolledBack' ? { code: statusCodes.error, message: deployment.rollbackReason } : undefined,
  };
}

/** What happened in a phase. The verdict that ended it stands in the event that came of it, and is told as its last one. */
function withinPhase(events: readonly DeploymentEvent[], index: number, end: string): readonly DeploymentEvent[] {
  const isBoundary = ({ kind }: DeploymentEvent): boolean => kind === 'phaseStarted' || ofTheWhole.has(kind);
  const own = events.filter((event) => event.phaseIndex === index && !isBoundary(event));
  const told = new Set(own.map(({ verdict }) => verdict?.at));
  const last = events.flatMap((event): DeploymentEvent[] => {
    const { verdict, at } = event;
    if (!isBoundary(event) || verdict?.phaseIndex !== index || told.has(verdict.at) || at > end) return [];
    return [{ ...event, kind: 'verdict', text: verdict.explanation }];
  });
  return [...own, ...last];
}

function wholeSpan(traced: TracedDeployment): Span {
  const { deployment, events } = traced;
  const { deploymentId, routes, strategy, environment, author, status, createdAt, completedAt, endedBy } = deployment;
  const within = events.filter(({ phaseIndex, kind }) => phaseIndex === -1 || ofTheWhole.has(kind));
  return {
    traceId: traceIdOf(deploymentId),
    spanId: spanIdOf(traced, 'whole'),
    flags: 1,
    kind: spanKinds.internal,
    name: `deployment of ${routes[0].candidate.name}`,
    start: Date.parse(createdAt),
    end: Date.parse(completedAt!),
    attributes: {
      'sluice.deployment': deploymentId,
      'deployment.environment.name': environment,
      'sluice.deployment.strategy': strategy,
      'sluice.deployment.outcome': status,
      'sluice.deployment.author': author.name,
      'sluice.deployment.ended_by': endedBy,
      'sluice.route': routes[0].candidate.name,
      'sluice.version': routes[0].configVersion,
      'sluice.version.stable': routes[0].stableVersion,
      'sluice.deployment.routes': routes.map(({ candidate }) => candidate.name).join(','),
    },
    events: eventsOf(within),
    status: statusOf(deployment),
  };
}

function statusOf({ status, rollbackReason }: Deployment): SpanStatus | undefined {
  if (status === 'Completed') return { code: statusCodes.ok };
  if (status === 'RolledBack' || status === 'Failed') return { code: statusCodes.error, message: rollbackReason };
  return undefined;
}

function eventsOf(events: readonly DeploymentEvent[]): readonly SpanEvent[] {
  return events.slice(-mostEvents).map(({ kind, at, by, text, verdict, percentage }) => ({
    name: kind,
    time: Date.parse(at),
    attributes: {
      'sluice.by': by,
      'sluice.text': text,
      'sluice.candidate.share': { double: percentage / 100 },
      ...(verdict !== undefined && {
        'sluice.verdict': verdict.verdict,
        ...figuresOf('stable', verdict.stable),
        ...figuresOf('candidate', verdict.canary),
      }),
    },
  }));
}

function figuresOf(
  version: 'stable' | 'candidate',
  { requestCount, errorRate, p95Latency, p99Latency }: SideFigures,
): Attributes {
  const prefix = `sluice.${version}`;
  return {
    [`${prefix}.requests`]: requestCount,
    [`${prefix}.error_rate`]: { double: errorRate },
    [`${prefix}.p95_ms`]: { double: p95Latency },
    [`${prefix}.p99_ms`]: { double: p99Latency },
  };
}

function traceIdOf(deploymentId: string): string {
  return hashOf(deploymentId, 'trace').slice(0, 32);
}

function spanIdOf({ deployment, lineage }: TracedDeployment, span: string): string {
  return hashOf(deployment.deploymentId, lineage, span).slice(0, 16);
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex');
}
