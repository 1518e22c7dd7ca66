import { setTimeout as pause } from 'node:timers/promises';

/** The steps of a commit, at which tests let it stop or wait. */
export type Step = 'staged' | 'logged' | 'ended' | 'begun' | 'applied';

/** Times and hooks that tests replace. */
export interface Tuning {
  /** How long a writer has to apply its own commit before others do, in ms. */
  readonly graceMs: number;
  /** How long old versions are kept for readers, in ms. */
  readonly keepMs: number;
  /** How long a commit may take in all, in ms. */
  readonly patienceMs: number;
  /** Monotonic, in milliseconds. */
  readonly elapsed: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1. Keeps writers that lost a race from meeting again. */
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
  /** Called at each step of a commit, for some steps once for each table. */
  readonly reached: (step: Step) => Promise<void> | void;
}

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
