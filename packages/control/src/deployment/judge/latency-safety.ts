import { latencyBucketCount, latencyBucketOf } from '@sluice/model';
import type { SplitCounts } from '../version-counts.ts';
import { startOf } from './latencies.ts';
import { oddsOfFewer, oddsOfMore, tailOf } from './tail-odds.ts';

/**
 * Odds against "the candidate's 99th percentile is higher than that of the stable version by the limit or more". Where
 * the percentile of the stable version really is, nobody knows: for each bucket that it may be in, the odds are those
 * against "it is there", by the stable version's requests, times those against "1 in 100 of the candidate's is slower
 * than that and the limit", by the candidate's own. The least of them counts: one of the buckets is the true one.
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
    const elsewhere = oddsOfMore(otherTotal, other[bucket + 1] ?? 0);
    if (elsewhere >= 2 * least) continue;
    const bound = Math.min(latencyBucketCount, latencyBucketOf(startOf(bucket) * (1 + limit)));
    least = Math.min(least, elsewhere * oddsOfFewer(ownTotal, own[bound] ?? 0));
  }
  return least;
}
