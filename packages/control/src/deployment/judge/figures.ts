import { latencyBucketCount } from '@sluice/model';
import type { VersionCounts } from '@sluice/model';
import type { SideFigures } from './verdict.ts';
import { countOf, latencyAtRank, startOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';

/**
 * The figures of counts. With fewer than 528 requests the 99th percentile has no upper bound that holds 99 times in 100:
 * `p99High` is then the end of the histogram's scale, 35 minutes.
 */
export function figuresOf(counts: VersionCounts): SideFigures {
  const { requests, failures, latencies } = counts;
  const total = countOf(latencies);
  const [p99Low, p99High] = boundsOfP99(latencies, total);
  return {
    requestCount: requests,
    failedRequests: failures,
    errorRate: requests === 0 ? 0 : failures / requests,
    clientErrors: counts.clientErrors,
    aborted: counts.aborted,
    rejected: counts.rejected,
    p50Latency: latencyAtRank(latencies, total * 0.5),
    p95Latency: latencyAtRank(latencies, total * 0.95),
    p99Latency: latencyAtRank(latencies, total * 0.99),
    p99Low,
    p99High,
  };
}

/**
 * By order statistics: the number of requests that are slower than the true percentile has a binomial distribution, whatever
 * the distribution of the latencies is.
 */
function boundsOfP99(latencies: Latencies, total: number): readonly [low: number, high: number] {
  if (total === 0) return [0, 0];
  const { most, least } = slowerThanP99(total);
  return [
    edgeBelowRank(latencies, total - most),
    least < 1 ? startOf(latencyBucketCount) : edgeAboveRank(latencies, total - least + 1),
  ];
}

/** How many of `total` are slower than the true percentile: more than `most`, or fewer than `least`, 1 time in 200 each. */
function slowerThanP99(total: number): { readonly most: number; readonly least: number } {
  const mean = total * 0.01;
  if (total > 20_000) {
    // The normal distribution, corrected for skew, is off by less than one request here.
    const spread = 2.5758 * Math.sqrt(mean * 0.99);
    const skew = (2.5758 ** 2 - 1) / 6;
    return { most: Math.ceil(mean + spread + skew), least: Math.floor(mean - spread + skew) };
  }
  let probability = 0.99 ** total;
  let below = 0;
  let least = 0;
  let k = 0;
  while (below + probability < 0.995) {
    below += probability;
    k += 1;
    if (below <= 0.005) least = k;
    probability *= ((total - k + 1) / k) * (0.01 / 0.99);
  }
  return { most: k, least };
}

/** The beginning of the bucket of a rank, in milliseconds: the latency at the rank is no lower. */
function edgeBelowRank(latencies: Latencies, rank: number): number {
  let before = 0;
  for (const [bucket, count] of latencies) {
    before += count;
    if (before >= rank && rank > 0) return bucket === 0 ? 0 : startOf(bucket);
  }
  return 0;
}

function edgeAboveRank(latencies: Latencies, rank: number): number {
  let before = 0;
  for (const [bucket, count] of latencies) {
    before += count;
    if (before >= rank) return startOf(bucket + 1);
  }
  return startOf(latencyBucketCount);
}
