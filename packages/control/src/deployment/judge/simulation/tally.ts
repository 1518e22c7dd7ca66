import { judges } from './judges/index.ts';
import type { JudgeName } from './judges/index.ts';
import { simulate } from './simulate.ts';
import type { End } from './simulate.ts';
import type { Truth } from './truth.ts';

/** What one judge made of many deployments. */
export interface Tally {
  readonly completed: number;
  readonly asked: number;
  readonly rolledBack: number;
  /** Of those that were rolled back after the onset, ascending: requests of the candidate until then, and seconds. */
  readonly requests: readonly number[];
  readonly seconds: readonly number[];
}

/** Runs deployments of one truth past one judge, each with a seed of its own. */
export function tallyOf(truth: Truth, judge: JudgeName, runs: number, seed: number): Tally {
  const ends = Array.from({ length: runs }, (_, run) => simulate(truth, judges[judge](), seed + run * 7919));
  const count = (outcome: End['outcome']): number => ends.filter((end) => end.outcome === outcome).length;
  const found = ends.filter(({ outcome, seconds }) => outcome === 'rolledBack' && seconds > 0);
  return {
    completed: count('completed'),
    asked: count('asked'),
    rolledBack: count('rolledBack'),
    requests: ascending(found.map(({ requests }) => requests)),
    seconds: ascending(found.map(({ seconds }) => seconds)),
  };
}

/** All of them together. */
export function sumOfTallies(tallies: readonly Tally[]): Tally {
  const total = (pick: (tally: Tally) => number): number => tallies.reduce((sum, tally) => sum + pick(tally), 0);
  return {
    completed: total(({ completed }) => completed),
    asked: total(({ asked }) => asked),
    rolledBack: total(({ rolledBack }) => rolledBack),
    requests: ascending(tallies.flatMap(({ requests }) => requests)),
    seconds: ascending(tallies.flatMap(({ seconds }) => seconds)),
  };
}

/** How many deployments there were. */
export function runsIn({ completed, asked, rolledBack }: Tally): number {
  return completed + asked + rolledBack;
}

/** The value that this share of the values does not exceed; undefined without any. */
export function percentile(values: readonly number[], share: number): number | undefined {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))];
}

function ascending(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b);
}
