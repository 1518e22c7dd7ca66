import { isDeepStrictEqual } from 'node:util';
import { encodeAnalysis, encodeDeploymentSettings, formatDuration } from '@sluice/model';
import type { DeploymentSettings, Immutable, RouteDocument } from '@sluice/model';
import type { DeploymentMetrics, DeploymentResource, DeploymentWithRoutes } from '@sluice/model/api';
import type { Deployment, DeploymentPhase, SideFigures, Verdict } from '../deployment/index.ts';
import { withoutSplit } from '../configuration/index.ts';
import { hasEnded, verdictDocument } from '../deployment/index.ts';

type Resource = Immutable<DeploymentResource>;
type Metrics = Immutable<DeploymentMetrics>;

/** The resource of a deployment, with its current figures if there are any. JSON leaves out what is undefined. */
export function presentDeployment(deployment: Deployment, figures: Verdict | undefined): Resource {
  const { deploymentId, routes, approval, step, phases, author, percentage, paused, verdict } = deployment;
  const { isPlain = false } = deployment;
  const [{ routeId, configVersion }] = routes;
  return {
    deploymentId,
    routeId,
    configVersion,
    routes: routes.map((route) => presentRoute(route)),
    ...presentSettings(deployment.settings),
    strategy: deployment.strategy,
    environment: deployment.environment,
    reason: deployment.reason,
    status: deployment.status,
    approvalStatus: approval.status,
    approvedBy: approval.by,
    approvedAt: approval.at,
    approvalReason: approval.reason,
    phases: phases.map((phase) => presentPhase(phase)),
    currentPhaseIndex: deployment.currentPhaseIndex,
    step: step && presentStep(step),
    trafficSplit: trafficSplit(percentage),
    metrics: figures === undefined ? null : shortFigures(figures),
    verdict: verdict && verdictDocument(verdict),
    waitingFor: deployment.waitingFor,
    paused,
    createdBy: author.name,
    createdByKind: author.kind,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    startedAt: deployment.startedAt,
    completedAt: deployment.completedAt,
    rolledBackAt: deployment.rolledBackAt,
    rollbackReason: deployment.rollbackReason,
    endedBy: deployment.endedBy,
    supersededBy: deployment.supersededBy,
    supersedes: deployment.supersedes,
    failureSeenAt: deployment.failureSeenAt,
    isPlain,
  };
}

/** The resource of a single deployment, with both versions of its routes. `current` gives the routes that serve now. */
export function presentWithRoutes(
  deployment: Deployment,
  figures: Verdict | undefined,
  current: (routeId: string) => RouteDocument | undefined,
): Immutable<DeploymentWithRoutes> {
  const routes = deployment.routes.map((route) => {
    // After its end, what serves has nothing to do with it.
    const stable = hasEnded(deployment) ? undefined : current(route.routeId);
    const serves = stable && withoutSplit(stable);
    const base = hasEnded(deployment) ? undefined : route.lookedAt?.base;
    return {
      ...presentRoute(route),
      candidate: route.candidate,
      stable: serves,
      // It shows what has changed since the request.
      base: isDeepStrictEqual(base, serves) ? undefined : base,
    };
  });
  return { ...presentDeployment(deployment, figures), routes };
}

/** The resource of a deployment's figures. */
export function presentMetrics(deployment: Deployment, figures: Verdict | undefined): Metrics {
  const { deploymentId, status, currentPhaseIndex, phases, percentage } = deployment;
  return {
    deploymentId,
    status,
    currentPhase: phases[currentPhaseIndex]?.name ?? null,
    currentPhaseIndex,
    trafficSplit: trafficSplit(percentage),
    metrics: figures === undefined ? null : longFigures(figures),
  };
}

function presentRoute({ routeId, configVersion, stableVersion }: Deployment['routes'][number]) {
  return { routeId, configVersion, stableVersion };
}

function presentSettings(settings: DeploymentSettings) {
  const { phases: _phases, ...rest } = encodeDeploymentSettings(settings);
  // Encoded settings contain every default, which their type, that of the input, does not say.
  return rest as Omit<Pick<Resource, keyof typeof rest & keyof Resource>, 'phases'>;
}

function presentPhase(phase: DeploymentPhase): Resource['phases'][number] {
  const { name, trafficPercentage, mirror, needsApproval, status, startedAt, completedAt } = phase;
  return {
    name,
    trafficPercentage,
    duration: formatDuration(phase.duration),
    analysis: encodeAnalysis(phase.analysis) as Resource['phases'][number]['analysis'],
    needsApproval,
    status,
    mirror,
    startedAt,
    completedAt,
  };
}

/** Field by field, so that nothing gets out that is for nodes alone. */
function presentStep(step: NonNullable<Deployment['step']>): Resource['step'] {
  switch (step.kind) {
    case 'warming':
      return { kind: step.kind, since: step.since };
    case 'settling':
    case 'serving':
      return { kind: step.kind };
    case 'rolling':
      return {
        kind: step.kind,
        done: step.done,
        turning: step.turning.map(({ nodeId, stage, since }) => ({ nodeId, stage, since })),
      };
  }
}

function trafficSplit(canaryPercentage: number): Resource['trafficSplit'] {
  return { stablePercentage: Math.round((100 - canaryPercentage) * 100) / 100, canaryPercentage };
}

function shortFigures({ stable, candidate }: Verdict): NonNullable<Resource['metrics']> {
  return {
    baselineErrorRate: stable.errorRate,
    currentErrorRate: candidate.errorRate,
    baselineP99Latency: stable.p99Latency,
    currentP99Latency: candidate.p99Latency,
    totalRequests: stable.requestCount + candidate.requestCount,
    failedRequests: stable.failedRequests + candidate.failedRequests,
  };
}

function longFigures(figures: Verdict): NonNullable<Metrics['metrics']> {
  const { at, window, stable, candidate, verdict, explanation, checks, gates, stillOpen, differences = [] } = figures;
  const difference = (pick: (side: SideFigures) => number): number => pick(window.candidate) - pick(window.stable);
  return {
    at,
    timeWindow: formatDuration(Math.round(window.seconds * 1000)),
    stable: window.stable,
    canary: window.candidate,
    phase: { stable, canary: candidate },
    comparison: {
      errorRateDelta: difference(({ errorRate }) => errorRate),
      p99LatencyDelta: difference(({ p99Latency }) => p99Latency),
      shouldRollback: verdict === 'rollBack',
      verdict,
      explanation,
      checks,
      gates,
      ...(stillOpen && { stillOpen }),
      differences,
    },
  };
}
