import type { RoutePlan } from '../compile/plan.ts';
import type { VersionTelemetry, VersionTotals } from '../state/index.ts';

/** What was counted of one version of a route: numbers that only grow, within one epoch. */
export interface VersionCounts {
  /** Requests that count: answered by a backend, or failed because of one. */
  readonly requests: number;
  /** Of these: 5xx of a backend, no connection to one, no answer in time, an answer cut off by it. */
  readonly failures: number;
  /** Of `requests`: 4xx answers of backends. */
  readonly clientErrors: number;
  /** Ended by the client before the answer was complete; in none of the others. */
  readonly aborted: number;
  /** Turned away by the gateway itself (limits, bodies too large …); in none of the others. */
  readonly rejected: number;
  /** Latencies of `requests` by bucket of the histogram in the model: pairs of bucket and count, buckets ascending. */
  readonly latencies: readonly (readonly [bucket: number, count: number])[];
}

/** Whether a candidate may be given traffic. */
export interface SplitReadiness {
  readonly ready: boolean;
  /** Why it is not, in sentences. */
  readonly problems: readonly string[];
}

/** What a node knows of a route whose traffic a deployment divides. */
export interface SplitFacts extends SplitReadiness {
  readonly deploymentId: string;
  readonly routeName: string;
  readonly epoch: number;
  readonly stable: VersionCounts;
  readonly candidate: VersionCounts;
}

/** Where the facts of splits come from. */
export interface SplitSources {
  readonly versions: VersionTelemetry;
  readonly readiness: (plan: RoutePlan) => SplitReadiness;
}

/** What is known of the routes whose traffic is divided. */
export function splitFacts(plans: Iterable<RoutePlan>, { versions, readiness }: SplitSources): SplitFacts[] {
  const facts: SplitFacts[] = [];
  for (const plan of plans) {
    const { config, split } = plan;
    if (config.split === undefined || split === undefined) continue;
    const { deploymentId, epoch } = config.split;
    facts.push({
      deploymentId,
      routeName: config.name,
      epoch,
      stable: countsOf(versions.of(split.versions.stable)),
      candidate: countsOf(versions.of(split.versions.candidate)),
      ...readiness(plan),
    });
  }
  return facts;
}

function countsOf({ durations, ...totals }: VersionTotals): VersionCounts {
  const latencies: [number, number][] = [];
  durations.buckets.forEach((count, bucket) => {
    if (count > 0) latencies.push([bucket, count]);
  });
  return { requests: durations.count, ...totals, latencies };
}
