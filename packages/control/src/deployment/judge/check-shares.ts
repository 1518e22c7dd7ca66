import type { CheckResult } from './verdict.ts';
import { logOdds, logOddsAgainst } from './bets.ts';
import type { Rates } from './bets.ts';
import { conclude } from './conclude.ts';
import { explainShares } from './explain-shares.ts';
import { highestRate, rateOf } from './past-rate.ts';
import type { PastRate } from './past-rate.ts';
import type { ShareMemory, Shares } from './judge-state.ts';
import { mostPerComparison, oddsNeeded, tolerated } from './odds.ts';
import { bet, noBets, oddsOf } from './restarts.ts';
import { addShares, candidateRate, extendRun, fadeShares, logOfMean, noRun, noShares, stableRate } from './run.ts';

/** What a share is checked by: of failures, 4xx responses, refused, aborted or hanging requests. */
export interface ShareCheck {
  readonly name: 'errors' | 'clientErrors' | 'refusals' | 'aborts' | 'hangs';
  readonly dryRun: boolean;
  /** By how much the share may be higher, 0 to 1. */
  readonly limit: number;
  readonly block: Shares;
  readonly whole: Shares;
  /** The earlier rate of the stable version, when the candidate has all traffic. */
  readonly past?: PastRate | undefined;
  readonly seenEnough: boolean;
  /** The candidate's requests since the deployment began. */
  readonly requests: number;
}

/** The bets: the candidate is worse by so many limits. Each has its part of the stake. */
const multiples = [1, 2, 5, 15];
const weights = [0.45, 0.25, 0.15, 0.15];

/** Evidence of safety accumulates to at most so many times what is needed: the distant past does not outweigh the present. */
const hoard = 5;
const leastSafety = -50;

/** How many requests of both sides the expected rates are learned from. Older ones count less. */
const memorySize = 2000;

export const noShareMemory: ShareMemory = {
  harm: noBets(multiples.length),
  safety: 0,
  run: noRun,
  learned: noShares,
};

/** Judges what was counted since the last comparison. Without requests nothing changes. */
export function checkShares(before: ShareMemory, check: ShareCheck): { memory: ShareMemory; result: CheckResult } {
  const memory = check.block[0] + check.block[2] === 0 ? before : learn(before, check);
  return { memory, result: resultOf(memory, check) };
}

function learn(before: ShareMemory, check: ShareCheck): ShareMemory {
  const { block, past, limit } = check;
  const expected = expectedOf(before.learned);
  const logs = multiples
    .map((multiple) =>
      past === undefined
        ? logOdds(
            block,
            { stable: expected.stable, candidate: raise(expected.stable, multiple * limit) },
            limit * tolerated,
          )
        : logOddsAlone(block, { past, limit, multiple }),
    )
    .map((log) => Math.min(log, mostPerComparison.shares));
  return {
    harm: bet(before.harm, logs, block[2]),
    safety: past === undefined ? safer(before.safety, check, expected) : before.safety,
    run: extendRun(before.run, logOfMean(logs, weights), block),
    learned: fadeShares(addShares(before.learned, block), memorySize),
  };
}

/** The rates follow from earlier blocks alone: a bet that knew the block would prove nothing. */
function expectedOf([stable, stableHits, candidate, candidateHits]: Shares): Rates {
  const rate = within((stableHits + 0.5) / (stable + 50));
  return { stable: rate, candidate: within((candidateHits + 50 * rate) / (candidate + 50)) };
}

/** Rates of 0 and 1 are avoided: with them a single request would decide everything. */
function within(rate: number): number {
  return Math.min(0.97, Math.max(0.0001, rate));
}

function raise(rate: number, by: number): number {
  return Math.min(rate + by, Math.max(0.98, (1 + rate) / 2));
}

function safer(before: number, { name, block, limit }: ShareCheck, expected: Rates): number {
  const candidate = Math.min(expected.candidate, expected.stable + limit / 2);
  const next = before + logOdds(block, { stable: expected.stable, candidate }, limit);
  return Math.max(leastSafety, Math.min(Math.log(hoard * oddsNeeded[name]), next));
}

interface Alone {
  readonly past: PastRate;
  readonly limit: number;
  readonly multiple: number;
}

/** Without the stable version beside it, the candidate may be worse than that was by the whole limit and by chance. */
function logOddsAlone([, , requests, hits]: Shares, { past, limit, multiple }: Alone): number {
  const rate = Math.min(0.999, highestRate(past) + limit);
  return logOddsAgainst(requests, hits, raise(rate, multiple * limit), rate);
}

function resultOf({ harm, safety, run, learned }: ShareMemory, check: ShareCheck): CheckResult {
  const { name, whole, past, limit, seenEnough, dryRun, requests } = check;
  const base = past === undefined ? stableRate({ shares: whole }) : rateOf(past);
  const runBase = past === undefined ? stableRate(run) : base;
  const needed = oddsNeeded[name];
  const isAlone = past === undefined && whole[0] === 0;
  const finding = {
    name,
    dryRun,
    withinLimit: isAlone || candidateRate({ shares: whole }) <= base + limit,
    harm: oddsOf(harm, weights),
    safety: Math.exp(past === undefined ? safety : safetyAlone(whole, past, limit)),
    needed,
    matters: candidateRate(run) - runBase >= limit / 2,
    score: run.score,
    lately: past === undefined && candidateRate({ shares: learned }) - stableRate({ shares: learned }) >= limit / 3,
    seenEnough,
    requests,
  };
  return conclude(finding, (result) => explainShares({ ...check, ...finding, run, base, runBase, result }));
}

/** Over the whole phase: a candidate as good as the stable version was, against one that is worse by the limit. */
function safetyAlone([, , requests, hits]: Shares, past: PastRate, limit: number): number {
  const beyond = Math.min(0.999, rateOf(past) + limit);
  return logOddsAgainst(requests, hits, Math.min(Math.max(rateOf(past), 0.001), beyond / 2), beyond);
}
