import { sumOfTallies, tallyOf } from './tally.ts';
import type { Tally } from './tally.ts';
import type { Truth } from './truth.ts';
import { truths } from './truths.ts';

/** A seed of its own: these deployments are none of those in the tables. */
export const seed = 77;

/** What our judge makes of the chosen deployments, so many runs of each. */
export function ours(chosen: (truth: Truth) => boolean, runs: number): Tally {
  return sumOfTallies(truths.filter(chosen).map((truth) => tallyOf(truth, 'ours', runs, seed)));
}
