import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts } from '@sluice/model';
import { startOf } from './latencies.ts';
import { oddsOfFewer, oddsOfMore, tailOf } from './tail-odds.ts';

/** The percentile may lie anywhere within a bucket, so each bucket is tried in so many parts. */
const partsOfBucket = 4;

/**
 * Odds against "the candidate's 99th percentile is higher than the stable version's by the limit or more". The stable
 * version's true percentile is unknown. So for every place x where it may be, the odds against "it is no higher than x" (from
 * its own requests) are multiplied by those against "1 in 100 of the candidate's requests is slower than x plus the limit".
 * The smallest product counts, because one x is the true one.
 */
export function oddsOfLatencySafety({ stable, candidate }: SplitCounts, limit: number): number {
  const [own, other] = [tailOf(candidate.latencies), tailOf(stable.latencies)];
  const [ownTotal, otherTotal] = [own[0], other[0]];
  const first = stable.latencies[0]?.[0];
  const last = stable.latencies.at(-1)?.[0];
  if (ownTotal === 0 || first === undefined || last === undefined) return 1;
  let least = Infinity;
  // From the slowest request of the stable version downwards: beyond it the candidate's odds only grow.
  for (let part = (last + 1) * partsOfBucket - 1; part >= first * partsOfBucket; part -= 1) {
    // One side's odds fall with the place and the other's grow, so the two ends of a part bound the product within it.
    const elsewhere = oddsOfMore(otherTotal, slowerThan(other, placeOf(part + 1)));
    // Further down the product only grows, since the candidate's odds are never below half of its stake.
    if (elsewhere / 2 >= least) return least;
    least = Math.min(least, elsewhere * oddsOfFewer(ownTotal, slowerThan(own, placeOf(part) * (1 + limit))));
  }
  return Math.min(least, oddsOfMore(otherTotal, otherTotal) / 2);
}

/** The beginning of a part of a bucket in milliseconds. */
function placeOf(part: number): number {
  const bucket = Math.floor(part / partsOfBucket);
  const begin = startOf(bucket);
  return begin + (part / partsOfBucket - bucket) * (startOf(bucket + 1) - begin);
}

/** The number of requests that took longer, interpolated within a bucket: the only inexact step here. */
function slowerThan(tail: Float64Array, ms: number): number {
  const bucket = latencyBucketOf(ms);
  const [begin, end] = [startOf(bucket), startOf(bucket + 1)];
  const [here, beyond] = [tail[bucket], tail[bucket + 1]];
  return here + Math.min(1, Math.max(0, (ms - begin) / (end - begin))) * (beyond - here);
}
