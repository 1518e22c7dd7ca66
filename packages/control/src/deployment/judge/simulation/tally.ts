import { judges } from './judges/index.ts';
import type { JudgeName } from './judges/index.ts';
import { simulate } from './simulate.ts';
import type { End } from './simulate.ts';
import type { Truth } from './truth.ts';

/** The results of one judge for many deployments. */
export interface Tally {
  readonly completed: number;
  readonly asked: number;
  readonly rolledBack: number;
  /** Of those that were rolled back after the onset: the candidate's requests and the seconds until then, ascending. */
  readonly requests: readonly number[];
  readonly seconds: readonly number[];
  /** The minutes that those lasted that were completed, ascending. */
  readonly minutes: readonly number[];
}

/** Runs one judge on deployments of one truth, each with its own seed. */
export function tallyOf(truth: Truth, judge: JudgeName, runs: number, seed: number): Tally {
  const ends = Array.from({ length: runs }, (_, run) =>
    simulate(truth, judges[judge](truth.analysis), seed + run * 7919),
  );
  const count = (outcome: End['outcome']): number => ends.filter((end) => end.outcome === outcome).length;
  const found = ends.filter(({ outcome, seconds }) => outcome === 'rolledBack' && seconds > 0);
  return {
    completed: count('completed'),
    asked: count('asked'),
    rolledBack: count('rolledBack'),
    requests: ascending(found.map(({ requests }) => requests)),
    seconds: ascending(found.map(({ seconds }) => seconds)),
    minutes: ascending(
      ends.filter(({ outcome }) => outcome === 'completed').map(({ seconds }) => (seconds + truth.onset) / 60),
    ),
  };
}

/** The sum of tallies. */
export function sumOfTallies(tallies: readonly Tally[]): Tally {
  const total = (pick: (tally: Tally) => number): number => tallies.reduce((sum, tally) => sum + pick(tally), 0);
  return {
    completed: total(({ completed }) => completed),
    asked: total(({ asked }) => asked),
    rolledBack: total(({ rolledBack }) => rolledBack),
    requests: ascending(tallies.flatMap(({ requests }) => requests)),
    seconds: ascending(tallies.flatMap(({ seconds }) => seconds)),
    minutes: ascending(tallies.flatMap(({ minutes }) => minutes)),
  };
}

/** The number of deployments. */
export function runsIn({ completed, asked, rolledBack }: Tally): number {
  return completed + asked + rolledBack;
}

/** The value that this share of values does not exceed; undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))];
}

function ascending(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b);
}
