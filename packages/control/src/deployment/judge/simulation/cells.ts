import type { JudgeName } from './judges/index.ts';
import type { Cell } from './tables.ts';
import { tallyOf } from './tally.ts';
import type { Truth } from './truth.ts';
import { plannedRuns, truths } from './truths.ts';

/** The seed of the tables in docs/judging.md. */
export const usualSeed = 1;

/** How much is simulated. */
export interface Extent {
  readonly seed: number;
  /** Part of the planned deployments, 0 to 1; at least one of each. */
  readonly part: number;
}

/** Simulates one truth past all judges. */
export function cellOf(truth: Truth, { seed, part }: Extent): Cell {
  const runs = Math.max(1, Math.round(plannedRuns(truth) * part));
  const tally = (judge: JudgeName): ReturnType<typeof tallyOf> => tallyOf(truth, judge, runs, seed);
  const { name, service, kind, rate } = truth;
  return {
    truth: { name, service, kind, rate },
    tallies: {
      ours: tally('ours'),
      fixed: tally('fixed'),
      failureLimit: tally('failureLimit'),
      mannWhitney: tally('mannWhitney'),
    },
  };
}

/** Those of the truths that one of several workers takes: every so many, so that all have the same to do. */
export function shareOf(worker: number, workers: number): readonly number[] {
  return truths.flatMap((_, index) => (index % workers === worker ? [index] : []));
}
