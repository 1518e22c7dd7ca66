import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';
import type { LatencyBet, LatencyPlan, Shares } from './judge-state.ts';
import { bucketFrom, countFrom, countOf, countSlowerThan, latencyAtRank, startOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import { tolerated } from './odds.ts';

/** Fewer requests say nothing about the slowest 1 in 100. */
const leastBasis = 100;
/** Enough requests to replace any earlier plan. */
const goodBasis = 500;

/**
 * Plans the bets on the next block: thresholds around the 95th and the 99th percentile of the stable version, and the shares
 * of a candidate's requests that are slower if all its latencies are longer by the limit, or by four times that. The plan
 * `before` stays while the new phase has too few requests.
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
    slowish: betweenShares(latencies, total, { bucket: bucketFrom(p95), limit }),
  };
}

/** The share halfway, as a ratio, between that of the stable version and that of a candidate slower by the limit. */
function betweenShares(
  latencies: Latencies,
  total: number,
  { bucket, limit }: { readonly bucket: number; readonly limit: number },
): NonNullable<LatencyPlan['slowish']> {
  const slower = countSlowerThan(latencies, startOf(bucket) / (1 + limit));
  return { bucket, share: Math.sqrt((countFrom(latencies, bucket) + 0.5) * (slower + 0.5)) / (total + 1) };
}

/** The requests of both sides, with those in a bucket or a slower one as hits. */
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
 * If all latencies are longer by `factor`, the requests beyond a threshold are those that are beyond 1/factor of it now. The
 * candidate's threshold is higher by what is tolerated, and rounded up: within the tolerance it never has more slow requests.
 */
function betOn({ latencies, total, ms, factor, limit }: BetInput): LatencyBet {
  const candidateBucket = bucketFrom(ms * (1 + limit * tolerated));
  const stableBucket = latencyBucketOf(startOf(candidateBucket) / (1 + limit * tolerated));
  const stable = Math.min(0.9, (countFrom(latencies, stableBucket) + 0.5) / (total + 1));
  const shifted = (countSlowerThan(latencies, startOf(candidateBucket) / factor) + 0.5) / (total + 1);
  return { stableBucket, candidateBucket, stable, candidate: Math.min(0.98, Math.max(shifted, 1.3 * stable)) };
}
