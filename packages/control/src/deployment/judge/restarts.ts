/**
 * Evidence that finds harm that begins late as surely as harm from the beginning. Each alternative is a bet against "the
 * candidate is no worse": with every look it is multiplied by a factor whose mean is at most 1 if that is true. Part of
 * the stake is kept back and put down anew from time to time, so that a long healthy stretch, which eats up what was put
 * down before, does not hide what comes after it. Stakes sum to 1, so all of it together is a process of mean at most 1
 * from the first look to the last: that it ever reaches 1/α has a probability of at most α (Ville).
 */
export type Restarts = {
  /** How often something was put down. */
  readonly begun: number;
  /** Requests of the candidate since that was done last. */
  readonly since: number;
  /** The part of the stake that is still kept back. */
  readonly kept: number;
  /** Log of what each alternative has made of what was put down. */
  readonly logs: readonly number[];
};

/** So many requests of the candidate have to pass from one restart to the next: fewer tell nothing. */
const requestsPerRestart = 20;
const firstStake = 0.5;
const decay = 1.2;
/** Sum of k^-1.2 over all k from 1: the stakes of the restarts sum to the other half. */
const sumOfDecay = 5.591_582_441_177_751;
/** Instead of the log of zero, which JSON has no word for. */
const nothing = -100;

/** Nothing bet yet. */
export function noBets(alternatives: number): Restarts {
  return { begun: 0, since: 0, kept: 1, logs: Array.from({ length: alternatives }, () => nothing) };
}

/** Goes on by one look: the log of the factor of each alternative, and how many requests the candidate had. */
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

/** The evidence so far, as odds against "no worse"; `weights` of the alternatives sum to 1. */
export function oddsOf({ logs, kept }: Restarts, weights: readonly number[]): number {
  return logs.reduce((sum, log, index) => sum + (weights[index] ?? 0) * Math.exp(log), kept);
}

/** Known before the look: the bet is made without knowing what comes. */
function stakeOf({ begun, since }: Restarts): number {
  if (begun === 0) return firstStake;
  return since < requestsPerRestart ? 0 : ((1 - firstStake) * begun ** -decay) / sumOfDecay;
}

function logSum(a: number, b: number): number {
  const [high, low] = a > b ? [a, b] : [b, a];
  return high + Math.log1p(Math.exp(low - high));
}
