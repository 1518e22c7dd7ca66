import type { DeploymentEventResource, DeploymentMetrics, DeploymentResource, VersionFigures } from '@sluice/model/api';
import { deploymentSettings, encodeAnalysis, encodeDeploymentSettings } from '@sluice/model';

/** When the deployments of tests begin, in milliseconds since 1970. */
export const begun = Date.parse('2026-03-01T10:00:00Z');

/** A moment so many seconds after that. */
export function after(seconds: number): string {
  return new Date(begun + seconds * 1000).toISOString();
}

type Phase = DeploymentResource['phases'][number];

/** A phase of ten seconds that lasts from one second to another. */
export function phase(trafficPercentage: number, status: Phase['status'], from?: number, until?: number): Phase {
  return {
    name: trafficPercentage === 0 ? 'testers' : `${trafficPercentage} %`,
    trafficPercentage,
    duration: '10s',
    analysis: encodeAnalysis(deploymentSettings.parse({}).analysis) as Phase['analysis'],
    needsApproval: false,
    status,
    ...(from !== undefined && { startedAt: after(from) }),
    ...(until !== undefined && { completedAt: after(until) }),
  };
}

/** A canary of the route `shop` in its second phase of three. */
export function someDeployment(changes: Partial<DeploymentResource> = {}): DeploymentResource {
  const { phases: _phases, ...settings } = encodeDeploymentSettings(deploymentSettings.parse({}));
  return {
    ...(settings as Omit<DeploymentResource, 'phases'>),
    environment: 'Development',
    deploymentId: 'shop-abc123',
    routeId: 'shop',
    configVersion: '1.1',
    routes: [{ routeId: 'shop', configVersion: '1.1', stableVersion: '1.0' }],
    status: 'InProgress',
    approvalStatus: 'NotRequired',
    phases: [phase(0, 'Completed', 0, 10), phase(10, 'InProgress', 10), phase(100, 'Pending')],
    currentPhaseIndex: 1,
    trafficSplit: { stablePercentage: 90, canaryPercentage: 10 },
    metrics: null,
    createdBy: 'ada',
    createdAt: after(0),
    updatedAt: after(0),
    isPlain: false,
    ...changes,
  };
}

/** What a side did. */
export function side(requestCount: number, errorRate = 0, p99Latency = 12): VersionFigures {
  return {
    requestCount,
    failedRequests: Math.round(requestCount * errorRate),
    errorRate,
    clientErrors: 0,
    aborted: 0,
    rejected: 0,
    p50Latency: p99Latency / 2,
    p95Latency: p99Latency,
    p99Latency,
    p99Low: p99Latency,
    p99High: p99Latency,
  };
}

type Comparison = NonNullable<DeploymentMetrics['metrics']>['comparison'];

/** The figures of a moment, with what they come to. */
export function someMetrics(
  seconds: number,
  {
    stable = side(1204),
    canary = side(131),
    ...comparison
  }: Partial<Comparison> & { stable?: VersionFigures; canary?: VersionFigures } = {},
): DeploymentMetrics {
  return {
    deploymentId: 'shop-abc123',
    status: 'InProgress',
    currentPhase: '10 %',
    currentPhaseIndex: 1,
    trafficSplit: { stablePercentage: 90, canaryPercentage: 10 },
    metrics: {
      at: after(seconds),
      timeWindow: '1m',
      stable,
      canary,
      phase: { stable, canary },
      comparison: {
        errorRateDelta: canary.errorRate - stable.errorRate,
        p99LatencyDelta: canary.p99Latency - stable.p99Latency,
        shouldRollback: false,
        verdict: 'hold',
        explanation: 'The candidate has had 131 requests in this phase; 200 are needed before anything is decided.',
        checks: [check('errors', 'fine'), check('latency', 'open'), { ...check('clientErrors', 'open'), dryRun: true }],
        gates: [],
        differences: [],
        ...comparison,
      },
    },
  };
}

/** What a comparison comes to. */
export function check(name: Comparison['checks'][number]['name'], result: Comparison['checks'][number]['result']) {
  const odds = { evidenceOfHarm: 1, evidenceOfSafety: 1, needed: 250 };
  return { name, result, dryRun: false, withinLimit: result !== 'worse', ...odds, explanation: '' };
}

/** Something that happened. */
export function someEvent(
  sequence: number,
  seconds: number,
  { kind, text }: Pick<DeploymentEventResource, 'kind' | 'text'>,
): DeploymentEventResource {
  const rest = { by: 'sluice', status: 'InProgress', phaseIndex: 1, percentage: 10 } as const;
  return { deploymentId: 'shop-abc123', sequence, at: after(seconds), kind, text, ...rest };
}
