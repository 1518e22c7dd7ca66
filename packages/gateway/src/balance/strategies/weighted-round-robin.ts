import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/** More steps than this make no difference to how workers spread, and building a table of routes must stay cheap. */
const longestOffset = 128;

/**
 * Smooth weighted turns as in nginx: weights 5, 1, 1 give a a b a c a a. Each choice adds to every eligible backend its
 * weight, takes the one with the most credit, and charges it what all have gained.
 */
export function weightedRoundRobin<C extends ChoosableBackend>(
  backends: readonly C[],
  random: () => number,
): Choose<C> {
  const weights = Float64Array.from(backends, (backend) => backend.weight);
  const credits = startingCredits(weights, random);
  return function chooseWeighted(_facts, tried) {
    let best = -1;
    let gained = 0;
    for (let at = 0; at < backends.length; at++) {
      if (!isEligible(backends[at], tried)) continue;
      credits[at] += weights[at];
      gained += weights[at];
      if (best < 0 || credits[at] > credits[best]) best = at;
    }
    if (best < 0) return undefined;
    credits[best] -= gained;
    return backends[best];
  };
}

/** The credits after a random number of turns, so that workers and swaps do not all begin at the first backend. */
function startingCredits(weights: Float64Array, random: () => number): Float64Array {
  const credits = new Float64Array(weights.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const period = total / weights.reduce(greatestCommonDivisor);
  for (let turns = Math.floor(random() * Math.min(period, longestOffset)); turns > 0; turns--) {
    let best = 0;
    for (let at = 0; at < weights.length; at++) {
      credits[at] += weights[at];
      if (credits[at] > credits[best]) best = at;
    }
    credits[best] -= total;
  }
  return credits;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
