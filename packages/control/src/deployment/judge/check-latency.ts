import { latencyBucketCount } from '@sluice/model';
import type { CheckResult, SideFigures } from './verdict.ts';
import type { SplitCounts } from '@sluice/model';
import { logOdds, logOddsAgainst } from './bets.ts';
import { conclude, isPromising } from './conclude.ts';
import { addLatencies } from './counts.ts';
import { explainLatency } from './explain-latency.ts';
import type { KnownLatencies, LatencyMemory, Shares } from './judge-state.ts';
import { bucketFrom, countOf, latencyAtRank, startOf } from './latencies.ts';
import { planLatency, slowShares } from './latency-plan.ts';
import { oddsOfLatencySafety } from './latency-safety.ts';
import { mostPerComparison, oddsBesideStandIn, oddsNeeded, shownOdds } from './odds.ts';
import { bet, noBets, oddsOf } from './restarts.ts';
import { addShares, candidateRate, extendRun, fadeShares, logOfMean, noRun, noShares } from './run.ts';
import { beyondP95, oddsOfFewer, slowest } from './tail-odds.ts';

/** What the 99th percentile of the latency is checked by. */
export interface LatencyCheck {
  readonly dryRun: boolean;
  /** By how much it may be higher: 0.5 is 50 %. */
  readonly limit: number;
  /** Latencies of earlier epochs only choose the bets. */
  readonly epoch: number;
  readonly block: SplitCounts;
  readonly whole: SplitCounts;
  /** The earlier figures of the stable version, when the candidate has all traffic. */
  readonly past?: SideFigures | undefined;
  readonly seenEnough: boolean;
}

const weights = [0.3, 0.3, 0.25, 0.15];
/** With a past baseline: the shares of slow requests that are bet on. */
const shares = [0.02, 0.04, 0.1, 0.4];

/** How many requests of both sides count as the latest ones. */
const memorySize = 1000;

export const noLatencyMemory: LatencyMemory = { harm: noBets(weights.length), run: noRun, recent: noShares };

/** Judges what was counted since the last comparison. Without requests nothing changes. */
export function checkLatency(
  before: LatencyMemory,
  check: LatencyCheck,
): { readonly memory: LatencyMemory; readonly result: CheckResult } {
  const { whole, limit, past, block } = check;
  const isEmpty = countOf(block.candidate.latencies) + countOf(block.stable.latencies) === 0;
  const learnt = isEmpty ? before : learn(before, check);
  // The plan is made after the block has been judged: it is for the next block.
  const plan = past === undefined && !isEmpty ? planLatency(before.plan, whole.stable, limit) : before.plan;
  const known = past === undefined ? knownAfter(before.known, check) : before.known;
  return { memory: { ...learnt, plan, known }, result: resultOf({ ...learnt, known }, check) };
}

function knownAfter(before: KnownLatencies | undefined, { epoch, whole }: LatencyCheck): KnownLatencies {
  const since = whole.stable.latencies;
  if (before === undefined) return { epoch, before: [], since };
  if (before.epoch === epoch) return { ...before, since };
  return { epoch, before: addLatencies(before.before, before.since), since };
}

function learn(before: LatencyMemory, { block, past, limit }: LatencyCheck): LatencyMemory {
  const { plan } = before;
  if (past !== undefined) {
    const allowed = allowedBucket(past, limit);
    const slow = slowShares(block, allowed, allowed);
    const logs = shares.map((share) => atMost(logOddsAgainst(slow[2], slow[3], share, slowest)));
    return extend(before, logs, slow);
  }
  if (plan === undefined) return before;
  const logs = plan.bets.map(({ stableBucket, candidateBucket, ...rates }) =>
    atMost(logOdds(slowShares(block, stableBucket, candidateBucket), rates, 0)),
  );
  const { slow, slowish } = plan;
  const learnt = extend(before, logs, slowShares(block, slow, slow));
  if (slowish === undefined) return learnt;
  const hits = slowShares(block, slowish.bucket, slowish.bucket);
  return { ...learnt, recentSlowish: remember(before.recentSlowish ?? noShares, hits) };
}

function extend({ harm, run, recent, ...rest }: LatencyMemory, logs: readonly number[], slow: Shares): LatencyMemory {
  return {
    harm: bet(harm, logs, slow[2]),
    run: extendRun(run, logOfMean(logs, weights), slow),
    recent: remember(recent, slow),
    ...rest,
  };
}

function remember(recent: Shares, block: Shares): Shares {
  return fadeShares(addShares(recent, block), memorySize);
}

function atMost(log: number): number {
  return Math.min(log, mostPerComparison.latency);
}

/** It begins at the limit above the highest value that the stable version's percentile can have had. */
function allowedBucket({ p99High }: SideFigures, limit: number): number {
  return Math.min(latencyBucketCount, bucketFrom(p99High * (1 + limit)));
}

/** The latest requests look slower by the limit rather than as fast. About the 95th percentile that shows sooner. */
function isSlowLately({ recent, recentSlowish = noShares, plan }: LatencyMemory): boolean {
  const most = plan?.slowish?.share ?? 1;
  return candidateRate({ shares: recent }) > slowest || candidateRate({ shares: recentSlowish }) > most;
}

function resultOf(memory: LatencyMemory, check: LatencyCheck): CheckResult {
  const { harm, run, plan, known } = memory;
  const { dryRun, whole, past, limit, seenEnough } = check;
  const candidate = p99Of(whole.candidate);
  const stable = past === undefined ? p99Of(whole.stable) : past.p99Latency;
  const slowBucket = past === undefined ? plan?.slow : allowedBucket(past, limit);
  const finding = {
    name: 'latency' as const,
    dryRun,
    withinLimit: candidate === 0 || stable === 0 || candidate <= stable * (1 + limit),
    harm: oddsOf(harm, weights),
    safety:
      past === undefined
        ? oddsOfLatencySafety(whole, { limit, known: known?.before })
        : oddsAlone(whole, allowedBucket(past, limit)),
    needed: oddsNeeded.latency,
    matters: candidateRate(run) > slowest,
    score: run.score,
    lately: past === undefined && isSlowLately(memory),
    seenEnough,
    requests: countOf(whole.candidate.latencies),
  };
  const standIn = past === undefined && isPromising(finding) ? standInFor(finding.safety, whole, limit) : undefined;
  const slowMs = slowBucket === undefined ? undefined : startOf(slowBucket);
  return conclude({ ...finding, standIn }, (result) =>
    explainLatency({ ...check, ...finding, standIn, run, candidate, stable, slowMs, result }),
  );
}

/**
 * The 95th percentile stands in for what the 99th lacks: with it certain, lower odds of the 99th suffice. It never stands in
 * for the 99th alone, because a slow tail shows in no lower percentile.
 */
function standInFor(safety: number, whole: SplitCounts, limit: number): CheckResult['standIn'] {
  if (safety < oddsBesideStandIn || safety >= oddsNeeded.latency) return undefined;
  const p95 = oddsOfLatencySafety(whole, { limit, percentile: beyondP95 });
  if (p95 < oddsNeeded.latency) return undefined;
  return { percentile: 95, evidenceOfSafety: shownOdds(p95), instead: oddsBesideStandIn };
}

function oddsAlone(whole: SplitCounts, bucket: number): number {
  const slow = slowShares(whole, bucket, bucket);
  return oddsOfFewer(slow[2], slow[3]);
}

function p99Of({ latencies }: SplitCounts['stable']): number {
  return latencyAtRank(latencies, countOf(latencies) * 0.99);
}
