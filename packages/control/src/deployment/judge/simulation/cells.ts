import type { JudgeName } from './judges/index.ts';
import type { Cell } from './tables.ts';
import { tallyOf } from './tally.ts';
import type { Truth, TruthKind } from './truth.ts';
import { plannedRuns, truths } from './truths.ts';

/** The seed of the tables in docs/judging.md. */
export const usualSeed = 1;

/** How much is simulated. */
export interface Extent {
  readonly seed: number;
  /** The part of the planned deployments that runs, 0 to 1; at least one of each. */
  readonly part: number;
  /** The kind that is simulated; all of them when undefined. */
  readonly only?: TruthKind | undefined;
}

/** Runs every judge on one truth. */
export function cellOf(truth: Truth, { seed, part }: Omit<Extent, 'only'>): Cell {
  const runs = Math.max(1, Math.round(plannedRuns(truth) * part));
  const tally = (judge: JudgeName): ReturnType<typeof tallyOf> => tallyOf(truth, judge, runs, seed);
  const { name, service, kind, rate } = truth;
  const ours = { ours: tally('ours') };
  const rivals = (): Cell['tallies'] => ({
    fixed: tally('fixed'),
    failureLimit: tally('failureLimit'),
    mannWhitney: tally('mannWhitney'),
  });
  return { truth: { name, service, kind, rate }, tallies: isOurs(kind) ? ours : { ...ours, ...rivals() } };
}

/** No other method looks at refusals. */
function isOurs(kind: TruthKind): boolean {
  return kind === 'refusing' || kind === 'refusals';
}

/** The truths of one kind, or all. */
export function truthsOf(only: TruthKind | undefined): readonly Truth[] {
  return only === undefined ? truths : truths.filter(({ kind }) => kind === only);
}
