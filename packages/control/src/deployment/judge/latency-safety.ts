import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts } from '../version-counts.ts';
import { startOf } from './latencies.ts';
import { oddsOfFewer, oddsOfMore, tailOf } from './tail-odds.ts';

/** The percentile may be anywhere within a bucket: so many points of each are tried. */
const partsOfBucket = 4;

/**
 * Odds against "the candidate's 99th percentile is higher than that of the stable version by the limit or more". Where
 * the percentile of the stable version really is, nobody knows: for each place where it may be, the odds are those
 * against "it is as low as that", by the stable version's requests, times those against "1 in 100 of the candidate's is slower
 * than that and the limit", by the candidate's own. The least of them counts: one of the places is the true one.
 */
export function oddsOfLatencySafety({ stable, candidate }: SplitCounts, limit: number): number {
  const [own, other] = [tailOf(candidate.latencies), tailOf(stable.latencies)];
  const [ownTotal, otherTotal] = [own[0] ?? 0, other[0] ?? 0];
  const first = stable.latencies[0]?.[0];
  const last = stable.latencies.at(-1)?.[0];
  if (ownTotal === 0 || first === undefined || last === undefined) return 1;
  // It is below all requests of the stable version: nothing of the candidate is needed to see that it is not.
  let least = 0.5 * oddsOfMore(otherTotal, otherTotal);
  // Above the last one it would have to be slower still: the candidate's odds only grow.
  for (let bucket = first; bucket <= last; bucket += 1) {
    for (let part = 0; part < 1; part += 1 / partsOfBucket) {
      const ms = startOf(bucket) + part * (startOf(bucket + 1) - startOf(bucket));
      const elsewhere = oddsOfMore(otherTotal, slowerThan(other, ms));
      if (elsewhere < 2 * least) {
        least = Math.min(least, elsewhere * oddsOfFewer(ownTotal, slowerThan(own, ms * (1 + limit))));
      }
    }
  }
  return least;
}

/** Requests that took longer; straight lines within a bucket: the one thing here that is not exact. */
function slowerThan(tail: Float64Array, ms: number): number {
  const bucket = latencyBucketOf(ms);
  const [begin, end] = [startOf(bucket), startOf(bucket + 1)];
  const [here = 0, beyond = 0] = [tail[bucket], tail[bucket + 1]];
  return here + Math.min(1, Math.max(0, (ms - begin) / (end - begin))) * (beyond - here);
}
