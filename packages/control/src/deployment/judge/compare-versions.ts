import { countOf, countSlowerThan, latencyAtRank } from './latencies.ts';
import type { Difference } from './verdict.ts';
import type { SplitCounts, VersionCounts } from '@sluice/model';

type Latencies = VersionCounts['latencies'];

/**
 * The information for which the bounds are narrowest: that of 1000 requests on each side, half of which show the event.
 * The bounds hold for any other information as well.
 */
const usualInformation = 2000;
const spread = 8 / usualInformation;
/** The bounds hold at all comparisons together, 99 times in 100. */
const wrong = 0.01;
const quantiles = [
  ['p50Latency', 0.5],
  ['p95Latency', 0.95],
  ['p99Latency', 0.99],
] as const;

/**
 * Compares both versions for the report of an A/B test. The confidence is valid however often one compares, so a test may
 * end as soon as its answer is good enough. It comes from asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha,
 * Kennedy, Ramdas 2021, with Robbins' mixture of normal distributions).
 */
export function compareVersions({ stable, candidate }: SplitCounts): readonly Difference[] {
  return [
    compareShares('errorRate', stable, candidate, ({ failures }) => failures),
    compareShares('clientErrorRate', stable, candidate, ({ clientErrors }) => clientErrors),
    ...quantiles.map(([measure, q]) => compareLatency(measure, q, stable.latencies, candidate.latencies)),
  ];
}

function compareShares(
  measure: Difference['measure'],
  stable: VersionCounts,
  candidate: VersionCounts,
  count: (counts: VersionCounts) => number,
): Difference {
  const [a, b] = [share(count(stable), stable.requests), share(count(candidate), candidate.requests)];
  const variance = varianceOf(count(stable), stable.requests) + varianceOf(count(candidate), candidate.requests);
  const width = halfWidth(variance);
  const difference = b - a;
  return {
    measure,
    stable: a,
    candidate: b,
    difference,
    low: Math.max(-1, difference - width),
    high: Math.min(1, difference + width),
    confidence: confidenceOf(difference, variance),
  };
}

/**
 * Compares quantiles by their bounds on each side. The confidence is that of a difference between the shares of both
 * versions that are slower than the quantile of both together.
 */
function compareLatency(
  measure: Difference['measure'],
  q: number,
  stable: Latencies,
  candidate: Latencies,
): Difference {
  const [n, m] = [countOf(stable), countOf(candidate)];
  const [a, b] = [latencyAtRank(stable, n * q), latencyAtRank(candidate, m * q)];
  const [boundsA, boundsB] = [boundsOf(stable, n, q), boundsOf(candidate, m, q)];
  const both = quantileOfBoth(stable, candidate, q);
  const [slowerA, slowerB] = [countSlowerThan(stable, both), countSlowerThan(candidate, both)];
  const variance = varianceOf(slowerA, n) + varianceOf(slowerB, m);
  return {
    measure,
    stable: a,
    candidate: b,
    difference: b - a,
    low: boundsA[1] === null ? null : boundsB[0] - boundsA[1],
    high: boundsB[1] === null ? null : boundsB[1] - boundsA[0],
    confidence: confidenceOf(share(slowerB, m) - share(slowerA, n), variance),
  };
}

/**
 * The bounds of the quantile of one version. Each has half of the chance to be wrong. There is no upper bound while the
 * quantile may lie beyond the slowest request.
 */
function boundsOf(latencies: Latencies, total: number, q: number): readonly [low: number, high: number | null] {
  if (total === 0) return [0, null];
  const width = halfWidth((q * (1 - q)) / total, wrong / 2);
  const high = q + width >= 1 ? null : latencyAtRank(latencies, total * (q + width));
  return [q - width <= 0 ? 0 : latencyAtRank(latencies, total * (q - width)), high];
}

function quantileOfBoth(a: Latencies, b: Latencies, q: number): number {
  const counts = new Map(a);
  for (const [bucket, count] of b) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  const both = [...counts].toSorted(([one], [other]) => one - other);
  return latencyAtRank(both, countOf(both) * q);
}

function share(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}

/** The variance of a measured share. One request more of each kind keeps a share of 0 or 1 from being certain. */
function varianceOf(count: number, of: number): number {
  const p = (count + 1) / (of + 2);
  return (p * (1 - p)) / Math.max(1, of);
}

/** Half the width of the bounds of a difference with this variance, for a chance of `alpha` that they are ever wrong. */
function halfWidth(variance: number, alpha = wrong): number {
  const information = 1 / variance;
  const mixed = information * spread + 1;
  return Math.sqrt((mixed / spread) * Math.log(mixed / alpha ** 2)) / information;
}

/** The confidence that there is a difference, 0 to 1: 1 minus the level at which the bounds exclude 0. */
function confidenceOf(difference: number, variance: number): number {
  const information = 1 / variance;
  const mixed = information * spread + 1;
  const alpha = Math.sqrt(mixed) * Math.exp((-spread * (information * difference) ** 2) / (2 * mixed));
  return Math.max(0, 1 - Math.min(1, alpha));
}
