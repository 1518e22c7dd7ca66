import { sumOfTallies, tallyOf } from './tally.ts';
import type { Tally } from './tally.ts';
import type { Truth } from './truth.ts';
import { truths } from './truths.ts';

/** Not the seed of the tables: these are other deployments. */
export const seed = 77;

/** Runs our judge on the chosen truths, so many times each. */
export function ours(chosen: (truth: Truth) => boolean, runs: number): Tally {
  return sumOfTallies(truths.filter(chosen).map((truth) => tallyOf(truth, 'ours', runs, seed)));
}
