import type { VersionCounts } from '@sluice/model';
import type { RoutePlan } from '../compile/plan.ts';
import type { NodeState, VersionTelemetry } from '../state/index.ts';

/** Whether a candidate may be given traffic. */
export interface SplitReadiness {
  readonly ready: boolean;
  /** Why it is not, in sentences. */
  readonly problems: readonly string[];
}

/** What a node knows of a route whose traffic a deployment divides. */
export interface SplitStatus extends SplitReadiness {
  readonly deploymentId: string;
  readonly routeName: string;
  readonly epoch: number;
  readonly stable: VersionCounts;
  readonly candidate: VersionCounts;
}

/** Where the status of splits comes from. */
export interface SplitSources {
  readonly versions: VersionTelemetry;
  readonly state: Pick<NodeState, 'versions'>;
  readonly readiness: (plan: RoutePlan) => SplitReadiness;
}

/** What is known of the routes whose traffic is divided. */
export function splitStatus(plans: Iterable<RoutePlan>, sources: SplitSources): SplitStatus[] {
  const status: SplitStatus[] = [];
  for (const plan of plans) {
    const { config, split } = plan;
    if (config.split === undefined || split === undefined) continue;
    const { deploymentId, epoch } = config.split;
    status.push({
      deploymentId,
      routeName: config.name,
      epoch,
      stable: countsOf(split.versions.stable, sources),
      candidate: countsOf(split.versions.candidate, sources),
      ...sources.readiness(plan),
    });
  }
  return status;
}

function countsOf(version: number, { versions, state }: SplitSources): VersionCounts {
  const { durations, ...totals } = versions.of(version);
  const latencies: [number, number][] = [];
  durations.buckets.forEach((count, bucket) => {
    if (count > 0) latencies.push([bucket, count]);
  });
  return { requests: durations.count, ...totals, inFlight: state.versions.count(version), latencies };
}
