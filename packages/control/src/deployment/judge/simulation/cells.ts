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
  /** The part of the planned deployments that runs, 0 to 1; at least one of each. */
  readonly part: number;
}

/** Runs every judge on one truth. */
export function cellOf(truth: Truth, { seed, part }: Extent): Cell {
  const runs = Math.max(1, Math.round(plannedRuns(truth) * part));
  const tally = (judge: JudgeName): ReturnType<typeof tallyOf> => tallyOf(truth, judge, runs, seed);
  const { name, service, kind, rate } = truth;
  const ours = { ours: tally('ours') };
  const rivals = (): Cell['tallies'] => ({
    fixed: tally('fixed'),
    failureLimit: tally('failureLimit'),
    mannWhitney: tally('mannWhitney'),
  });
  return { truth: { name, service, kind, rate }, tallies: kind === 'refusing' ? ours : { ...ours, ...rivals() } };
}

/** The truths of one worker: every n-th, so that all workers have about the same to do. */
export function shareOf(worker: number, workers: number): readonly number[] {
  return truths.flatMap((_, index) => (index % workers === worker ? [index] : []));
}
