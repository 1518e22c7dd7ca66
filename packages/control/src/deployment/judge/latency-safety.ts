import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts } from '@sluice/model';
import { startOf } from './latencies.ts';
import { oddsOfFewer, oddsOfMore, tailOf } from './tail-odds.ts';

/** The percentile may be anywhere within a bucket: it is tried in so many parts. */
const partsOfBucket = 4;

/**
 * Odds against "the candidate's 99th percentile is higher than that of the stable version by the limit or more". Where
 * the percentile of the stable version really is, nobody knows: for each place where it may be, the odds are those
 * against "it is no higher than that", by the stable version's requests, times those against "1 in 100 of the candidate's is slower
 * than that and the limit", by the candidate's own. The least of them counts: one of the places is the true one.
 */
export function oddsOfLatencySafety({ stable, candidate }: SplitCounts, limit: number): number {
  const [own, other] = [tailOf(candidate.latencies), tailOf(stable.latencies)];
  const [ownTotal, otherTotal] = [own[0], other[0]];
  const first = stable.latencies[0]?.[0];
  const last = stable.latencies.at(-1)?.[0];
  if (ownTotal === 0 || first === undefined || last === undefined) return 1;
  let least = Infinity;
  // From above: higher than the slowest of the stable version, the candidate's odds would only be higher still.
  for (let part = (last + 1) * partsOfBucket - 1; part >= first * partsOfBucket; part -= 1) {
    // The odds of the one side fall and those of the other grow with the place: the ends of a part bound all of it.
    const elsewhere = oddsOfMore(otherTotal, slowerThan(other, placeOf(part + 1)));
    // Further down they only grow, whatever the candidate does: it cannot have less than half of its stake.
    if (elsewhere / 2 >= least) return least;
    least = Math.min(least, elsewhere * oddsOfFewer(ownTotal, slowerThan(own, placeOf(part) * (1 + limit))));
  }
  return Math.min(least, oddsOfMore(otherTotal, otherTotal) / 2);
}

/** Where a part of a bucket begins, in milliseconds. */
function placeOf(part: number): number {
  const bucket = Math.floor(part / partsOfBucket);
  const begin = startOf(bucket);
  return begin + (part / partsOfBucket - bucket) * (startOf(bucket + 1) - begin);
}

/** Requests that took longer; straight lines within a bucket: the one thing here that is not exact. */
function slowerThan(tail: Float64Array, ms: number): number {
  const bucket = latencyBucketOf(ms);
  const [begin, end] = [startOf(bucket), startOf(bucket + 1)];
  const [here, beyond] = [tail[bucket], tail[bucket + 1]];
  return here + Math.min(1, Math.max(0, (ms - begin) / (end - begin))) * (beyond - here);
}
