import type { VersionCounts } from '../version-counts.ts';
import type { LatencyBet, LatencyPlan, Shares } from './judge-state.ts';
import { bucketFrom, countFrom, countOf, countSlowerThan, latencyAtRank, startOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import type { SplitCounts } from '../version-counts.ts';

/** Fewer requests tell nothing about the slowest 1 in 100. */
const leastBasis = 100;
/** Enough for a plan to be replaced by one that rests on newer requests. */
const goodBasis = 500;

/**
 * What is to be expected of the next block: thresholds around the 95th and the 99th percentile of the stable version, and
 * which shares of a candidate are slower if all of its latencies are longer by the limit, or by four times that. `before`
 * is kept while the new phase has seen too little.
 */
export function planLatency(
  before: LatencyPlan | undefined,
  stable: VersionCounts,
  limit: number,
): LatencyPlan | undefined {
  const { latencies } = stable;
  const total = countOf(latencies);
  if (total < Math.max(leastBasis, Math.min(before?.basis ?? 0, goodBasis))) return before;
  const p95 = latencyAtRank(latencies, total * 0.95);
  const p99 = latencyAtRank(latencies, total * 0.99);
  const betAt = (ms: number, factor: number): LatencyBet => betOn({ latencies, total, bucket: bucketFrom(ms), factor });
  return {
    basis: total,
    bets: [
      betAt(p95, 1 + limit),
      betAt(p99, 1 + limit),
      betAt(p99 * (1 + limit), 1 + limit),
      betAt(p99, 1 + 4 * limit),
    ],
    slow: bucketFrom(p99 * (1 + limit / 2)),
  };
}

/** Requests of a block, and how many of them are in this bucket or in slower ones. */
export function slowShares({ stable, candidate }: SplitCounts, bucket: number): Shares {
  return [
    countOf(stable.latencies),
    countFrom(stable.latencies, bucket),
    countOf(candidate.latencies),
    countFrom(candidate.latencies, bucket),
  ];
}

interface BetInput {
  readonly latencies: Latencies;
  readonly total: number;
  readonly bucket: number;
  readonly factor: number;
}

/** If every latency is longer by `factor`, what is beyond the bucket then is beyond 1/factor of it now. */
function betOn({ latencies, total, bucket, factor }: BetInput): LatencyBet {
  const stable = (countFrom(latencies, bucket) + 0.5) / (total + 1);
  const shifted = (countSlowerThan(latencies, startOf(bucket) / factor) + 0.5) / (total + 1);
  return { bucket, stable: Math.min(stable, 0.9), candidate: Math.min(0.98, Math.max(shifted, 1.3 * stable)) };
}
