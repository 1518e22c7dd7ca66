import { setTimeout as pause } from 'node:timers/promises';

/** Where a commit stands: told to tests, which let it stop or wait there. */
export type Step = 'staged' | 'logged' | 'ended' | 'begun' | 'applied';

/** What does not depend on the store's address; tests have their own. */
export interface Tuning {
  /** How long the one who logged a commit is left alone to apply it, in ms. */
  readonly graceMs: number;
  /** How long the past is kept for those who read it, in ms. */
  readonly keepMs: number;
  /** How long a commit may take before it is given up, in ms; it counts from when it is asked for. */
  readonly patienceMs: number;
  /** Milliseconds that go by evenly, whatever the time of day is set to. */
  readonly elapsed: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1: keeps those who lost a race from meeting again. */
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
  /** Called at each step of a commit, once for each table where it has several. */
  readonly reached: (step: Step) => Promise<void> | void;
}

/** As it is in use. */
export const usualTuning: Tuning = {
  graceMs: 1000,
  keepMs: 600_000,
  patienceMs: 10_000,
  elapsed: () => performance.now(),
  now: () => Date.now(),
  random: () => Math.random(),
  pause: (ms) => pause(ms),
  reached: () => undefined,
};
