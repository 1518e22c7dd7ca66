import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';
import type { LatencyBet, LatencyPlan, Shares } from './judge-state.ts';
import { bucketFrom, countFrom, countOf, countSlowerThan, latencyAtRank, startOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import { tolerated } from './odds.ts';

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
  const betAt = (ms: number, factor: number): LatencyBet => betOn({ latencies, total, ms, factor, limit });
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

/** Requests of a block, and how many of each side are in its bucket or in slower ones. */
export function slowShares({ stable, candidate }: SplitCounts, stableBucket: number, candidateBucket: number): Shares {
  return [
    countOf(stable.latencies),
    countFrom(stable.latencies, stableBucket),
    countOf(candidate.latencies),
    countFrom(candidate.latencies, candidateBucket),
  ];
}

interface BetInput {
  readonly latencies: Latencies;
  readonly total: number;
  readonly ms: number;
  readonly factor: number;
  readonly limit: number;
}

/**
 * If every latency is longer by `factor`, what is beyond a bucket then is beyond 1/factor of it now. What is tolerated
 * moves the bucket of the candidate: rounded up, so that a candidate within it never shows more than the stable version.
 */
function betOn({ latencies, total, ms, factor, limit }: BetInput): LatencyBet {
  const candidateBucket = bucketFrom(ms * (1 + limit * tolerated));
  const stableBucket = latencyBucketOf(startOf(candidateBucket) / (1 + limit * tolerated));
  const stable = Math.min(0.9, (countFrom(latencies, stableBucket) + 0.5) / (total + 1));
  const shifted = (countSlowerThan(latencies, startOf(candidateBucket) / factor) + 0.5) / (total + 1);
  return { stableBucket, candidateBucket, stable, candidate: Math.min(0.98, Math.max(shifted, 1.3 * stable)) };
}
