/**
 * Evidence that finds late harm as surely as early harm. Each alternative is a bet against "the candidate is no worse". Each
 * comparison multiplies it by a factor whose mean is at most 1 if that claim is true. Part of the stake is held back and placed
 * bit by bit, so that a long healthy time, which consumes earlier bets, does not hide harm that begins late. The stakes sum to
 * 1, so the evidence has a mean of at most 1 at all times, and reaches 1/α with a probability of at most α (Ville).
 */
export type Restarts = {
  /** How many bets were placed. */
  readonly begun: number;
  /** Requests of the candidate since the last one. */
  readonly since: number;
  /** The part of the stake that is held back. */
  readonly kept: number;
  /** The log of the value of each alternative. */
  readonly logs: readonly number[];
};

/** The least number of candidate requests between two bets. */
const requestsPerRestart = 20;
const firstStake = 0.5;
const decay = 1.2;
/** The sum of k^-1.2 over all k from 1, by which the later stakes sum to the other half. */
const sumOfDecay = 5.591_582_441_177_751;
/** Stands for the log of 0, which JSON cannot express. */
const nothing = -100;

export function noBets(alternatives: number): Restarts {
  return { begun: 0, since: 0, kept: 1, logs: Array.from({ length: alternatives }, () => nothing) };
}

/** The evidence after one more comparison, with the log of the factor of each alternative. */
export function bet(before: Restarts, logFactors: readonly number[], requests: number): Restarts {
  const stake = stakeOf(before);
  const logStake = stake === 0 ? nothing : Math.log(stake);
  const logs = before.logs.map((log, index) => {
    const next = (stake === 0 ? log : logSum(log, logStake)) + (logFactors[index] ?? 0);
    return Math.max(nothing, Math.min(300, next));
  });
  return {
    begun: before.begun + (stake === 0 ? 0 : 1),
    since: (stake === 0 ? before.since : 0) + requests,
    kept: before.kept - stake,
    logs,
  };
}

/** The odds against "no worse". The `weights` of the alternatives sum to 1. */
export function oddsOf({ logs, kept }: Restarts, weights: readonly number[]): number {
  return logs.reduce((sum, log, index) => sum + (weights[index] ?? 0) * Math.exp(log), kept);
}

/** The stake of the next bet. It follows from what was known before. */
function stakeOf({ begun, since }: Restarts): number {
  if (begun === 0) return firstStake;
  return since < requestsPerRestart ? 0 : ((1 - firstStake) * begun ** -decay) / sumOfDecay;
}

function logSum(a: number, b: number): number {
  const [high, low] = a > b ? [a, b] : [b, a];
  return high + Math.log1p(Math.exp(low - high));
}
