import type { Machine } from '../machine.ts';
import type { Sample } from '../throughput.ts';
import type { PolicyLoad } from './policy-load.ts';

/** The medians of one load over the rounds. */
export interface PolicyCell {
  readonly id: string;
  readonly title: string;
  readonly cpuMicrosPerRequest: number;
  /** Beside the route without policies. */
  readonly addedMicros: number;
  /** Beside nginx, which has no policies. */
  readonly ratioToNginx: number;
  /** (largest − smallest) / median of the CPU time: below this a difference means nothing. */
  readonly cpuSpread: number;
  readonly requestsPerSecond: number;
  readonly errors: number;
  readonly limit?: PolicyLoad['limit'];
  readonly rounds: readonly Sample[];
}

/** Everything that one run with `--policies` found. */
export interface PolicyResult {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly policies: readonly PolicyCell[];
}
