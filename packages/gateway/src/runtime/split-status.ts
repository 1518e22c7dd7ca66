import type { NodeSplit, VersionCounts } from '@sluice/model';
import type { RoutePlan } from '../compile/plan.ts';
import type { SplitReadiness } from './warm/warm-up.ts';
import type { NodeState, VersionTelemetry } from '../state/index.ts';

export interface SplitSources {
  readonly versions: VersionTelemetry;
  readonly state: Pick<NodeState, 'versions'>;
  readonly readiness: (plan: RoutePlan) => SplitReadiness;
}

/** What is known of the routes whose traffic is divided. */
export function splitStatus(plans: Iterable<RoutePlan>, sources: SplitSources): NodeSplit[] {
  const splits: NodeSplit[] = [];
  for (const plan of plans) {
    const { config, split } = plan;
    if (config.split === undefined || split === undefined) continue;
    const { deploymentId, epoch } = config.split;
    splits.push({
      deploymentId,
      routeId: config.routeId,
      epoch,
      stable: countsOf(split.versions.stable, sources),
      candidate: countsOf(split.versions.candidate, sources),
      ...sources.readiness(plan),
    });
  }
  return splits;
}

function countsOf(version: number, { versions, state }: SplitSources): VersionCounts {
  const { durations, ...totals } = versions.of(version);
  const latencies: [number, number][] = [];
  durations.buckets.forEach((count, bucket) => {
    if (count > 0) latencies.push([bucket, count]);
  });
  return { requests: durations.count, ...totals, inFlight: state.versions.count(version), latencies };
}
