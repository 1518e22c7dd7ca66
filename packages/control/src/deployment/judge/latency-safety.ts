import { latencyBucketOf } from '@sluice/model';
import type { SplitCounts } from '@sluice/model';
import type { Rates } from './bets.ts';
import type { Shares } from './judge-state.ts';
import { countOf, startOf } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import { beyondP99, logOfBet, oddsOfFewer, oddsOfMore, tailBet, tailOf } from './tail-odds.ts';
import type { TailBets } from './tail-odds.ts';

/** The percentile may lie anywhere within a bucket, so each bucket is tried in so many parts. */
const partsOfBucket = 4;

/** Fewer earlier requests make worse bets than the usual ones. */
const leastKnown = 1000;
/** The part of the stake that is bet on what was known before, where enough was. */
const knownStake = 0.6;
/** Half of that on a candidate that is as fast as the stable version was, half on one that is slower by so much. */
const factors = [1, 1.2];

/** What is compared, beside the counts of the present phase. */
export interface LatencyClaim {
  /** By how much the percentile may be higher: 0.5 is 50 %. */
  readonly limit: number;
  /** The stable version's latencies from before the phase. They choose the bets, and are no evidence. */
  readonly known?: Latencies | undefined;
  /** The percentile; the 99th by default. */
  readonly percentile?: TailBets | undefined;
}

/**
 * Odds against "the candidate's 99th percentile is higher than the stable version's by the limit or more". The stable
 * version's true percentile is unknown. So for every place x where it may be, the odds against "it is no higher than x" (from
 * its own requests) are multiplied by those against "1 in 100 of the candidate's requests is slower than x plus the limit".
 * The smallest product counts, because one x is the true one.
 */
export function oddsOfLatencySafety({ stable, candidate }: SplitCounts, claim: LatencyClaim): number {
  const { limit, known = [], percentile = beyondP99 } = claim;
  const [own, other] = [tailOf(candidate.latencies), tailOf(stable.latencies)];
  const [ownTotal, otherTotal] = [own[0], other[0]];
  const first = stable.latencies[0]?.[0];
  const last = stable.latencies.at(-1)?.[0];
  if (ownTotal === 0 || first === undefined || last === undefined) return 1;
  const factorAt = countOf(known) < leastKnown ? undefined : knownBets(known, limit, percentile);
  const usualStake = factorAt === undefined ? 1 : 1 - knownStake;
  let least = Infinity;
  // From the slowest request of the stable version downwards: beyond it the candidate's odds only grow.
  const highest = factorAt === undefined ? last : Math.max(last, known.at(-1)?.[0] ?? 0);
  for (let part = (highest + 1) * partsOfBucket - 1; part >= first * partsOfBucket; part -= 1) {
    // One side's odds fall with the place and the other's grow, so the two ends of a part bound the product within it.
    const otherSlow = slowerThan(other, placeOf(part + 1));
    const elsewhere = usualStake * oddsOfMore(otherTotal, otherSlow, percentile);
    // Further down the product only grows, since the candidate's odds are never below half of its stake.
    if (elsewhere / 2 >= least) return least;
    const ownSlow = slowerThan(own, placeOf(part) * (1 + limit));
    const usual = elsewhere * oddsOfFewer(ownTotal, ownSlow, percentile);
    const informed = factorAt?.(placeOf(part), [otherTotal, otherSlow, ownTotal, ownSlow]) ?? 0;
    least = Math.min(least, usual + knownStake * informed);
  }
  return Math.min(least, (usualStake * oddsOfMore(otherTotal, otherTotal, percentile)) / 2);
}

/** Bets on the shares of slow requests that the stable version had before: the factor at each place. */
function knownBets(known: Latencies, limit: number, { share }: TailBets): (ms: number, shares: Shares) => number {
  const tail = tailOf(known);
  const shareBeyond = (ms: number): number => (slowerThan(tail, ms) + 0.5) / (tail[0] + 1);
  return (ms, shares) => {
    const stable = shareBeyond(ms);
    const each = factors.map((factor) =>
      knownFactor(shares, { stable, candidate: shareBeyond((ms * (1 + limit)) / factor) }, share),
    );
    return each.reduce((sum, one) => sum + one, 0) / factors.length;
  };
}

/**
 * The factor of a bet against "at most `share` of the stable version's requests is slow, and at least `share` of the
 * candidate's". An expected share on the wrong side is moved to `share`. So a bet that was chosen before its requests came is
 * fair whether the latencies have changed since or not. If they have, it gains less.
 */
export function knownFactor(shares: Shares, expected: Rates, share: number): number {
  const [stable, stableSlow, candidate, candidateSlow] = shares;
  const more = tailBet(Math.min(0.9, Math.max(share, expected.stable)), share);
  const fewer = tailBet(Math.min(share, Math.max(share / 10, expected.candidate)), share);
  return Math.exp(Math.min(300, logOfBet(stable, stableSlow, more) + logOfBet(candidate, candidateSlow, fewer)));
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
