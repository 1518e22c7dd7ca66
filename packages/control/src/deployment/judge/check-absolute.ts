import { latencyBucketCount, latencyBucketOf } from '@sluice/model';
import type { CheckResult } from './verdict.ts';
import type { VersionCounts } from '@sluice/model';
import { logOddsAgainst } from './bets.ts';
import { conclude } from './conclude.ts';
import type { AbsoluteMemory } from './judge-state.ts';
import { bucketFrom, countFrom, countOf, latencyAtRank } from './latencies.ts';
import { mostPerComparison, oddsNeeded } from './odds.ts';
import { bet, noBets, oddsOf } from './restarts.ts';
import { candidateRate, extendRun, logOfMean, noRun } from './run.ts';
import { oddsOfFewer, slowest } from './tail-odds.ts';
import { millisecondsText, numberText, oddsText, percentText } from './number-text.ts';

const weights = [0.4, 0.3, 0.3];

export const noAbsoluteMemory: AbsoluteMemory = { harm: noBets(weights.length), run: noRun };

/** The counts of the candidate. */
export interface AbsoluteInput {
  readonly block: VersionCounts;
  readonly whole: VersionCounts;
  readonly seenEnough: boolean;
}

interface AbsoluteCheck {
  readonly name: 'absoluteErrors' | 'absoluteLatency';
  readonly block: readonly [requests: number, hits: number];
  /** The candidate's requests since the phase began. */
  readonly total: number;
  /** The allowed share, and the higher shares that are bet on. */
  readonly rate: number;
  readonly higher: readonly number[];
  readonly safety: number;
  readonly withinLimit: boolean;
  /** A text with the measured value and the limit. */
  readonly seen: string;
  readonly seenEnough: boolean;
}

type Checked = { readonly memory: AbsoluteMemory; readonly result: CheckResult };

/** Compares the share of failed requests with the highest allowed share. */
export function checkMaxErrorRate(before: AbsoluteMemory, max: number, input: AbsoluteInput): Checked {
  const { block, whole, seenEnough } = input;
  // There are no odds for a share of 0, so 1 in 10,000 stands for it.
  const rate = Math.min(0.999, Math.max(max, 0.0001));
  const measured = whole.requests === 0 ? 0 : whole.failures / whole.requests;
  const lower = [rate / 2, rate / 4, rate / 20].map((expected) =>
    Math.exp(Math.min(300, logOddsAgainst(whole.requests, whole.failures, expected, rate))),
  );
  return check(before, {
    name: 'absoluteErrors',
    block: [block.requests, block.failures],
    total: whole.requests,
    rate,
    higher: [Math.max(1.5 * rate, rate + 0.005), rate + 0.05, rate + 0.25].map((share) =>
      Math.min(share, (1 + rate) / 2),
    ),
    safety: lower.reduce((sum, odds) => sum + odds, 0) / lower.length,
    withinLimit: measured <= max,
    seen: `The candidate failed ${percentText(measured)} of ${numberText(whole.requests)} requests; at most ${percentText(max)} are allowed`,
    seenEnough,
  });
}

/** Compares the 99th percentile of the latency with the highest allowed one, in milliseconds. */
export function checkMaxP99(before: AbsoluteMemory, max: number, input: AbsoluteInput): Checked {
  const { block, whole, seenEnough } = input;
  // Only buckets are known: each is rounded in favour of the claim that is tested.
  const [above, below] = [Math.min(latencyBucketCount, bucketFrom(max)), latencyBucketOf(max)];
  const total = countOf(whole.latencies);
  const p99 = latencyAtRank(whole.latencies, total * 0.99);
  return check(before, {
    name: 'absoluteLatency',
    block: [countOf(block.latencies), countFrom(block.latencies, above)],
    total,
    rate: slowest,
    higher: [0.02, 0.05, 0.3],
    safety: oddsOfFewer(total, countFrom(whole.latencies, below)),
    withinLimit: p99 <= max,
    seen: `The candidate's p99 is ${millisecondsText(p99)} over ${numberText(total)} requests; at most ${millisecondsText(max)} are allowed`,
    seenEnough,
  });
}

function check(before: AbsoluteMemory, input: AbsoluteCheck): Checked {
  const { name, block, total, rate, higher, safety, seenEnough, withinLimit, seen } = input;
  const [requests, hits] = block;
  const logs = higher.map((share) => Math.min(mostPerComparison.shares, logOddsAgainst(requests, hits, share, rate)));
  const memory =
    requests === 0
      ? before
      : {
          harm: bet(before.harm, logs, requests),
          run: extendRun(before.run, logOfMean(logs, weights), [0, 0, requests, hits]),
        };
  const needed = oddsNeeded[name];
  const harm = oddsOf(memory.harm, weights);
  const { run } = memory;
  const matters = candidateRate(run) > rate;
  const { score } = run;
  const finding = {
    name,
    dryRun: false,
    withinLimit,
    harm,
    safety,
    needed,
    matters,
    score,
    lately: false,
    seenEnough,
    requests: total,
  };
  return { memory, result: conclude(finding, (result) => `${seen}: ${ending(result, finding)}.`) };
}

function ending(
  result: CheckResult['result'],
  {
    withinLimit,
    harm,
    safety,
    needed,
  }: Pick<CheckResult, 'withinLimit' | 'needed'> & Record<'harm' | 'safety', number>,
): string {
  if (result === 'worse') return `too many, at odds of ${oddsText(harm)}`;
  if (result === 'fine') return `the limit is kept, at odds of ${oddsText(safety)}`;
  const odds = oddsText(withinLimit ? safety : harm);
  const reading = withinLimit ? 'the limit is kept so far' : 'the limit is exceeded, but this may be chance';
  return `${reading}: the odds are ${odds}, and ${oddsText(needed)} is needed`;
}
