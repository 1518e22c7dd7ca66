import type { Machine } from '../machine.ts';
import type { Sample } from '../throughput.ts';
import type { ObserveLoad } from './observe-load.ts';

/** The medians of one load over the rounds. */
export interface ObserveCell {
  readonly id: string;
  readonly title: string;
  readonly cpuMicrosPerRequest: number;
  /** Beside the gateway that observes nothing. */
  readonly addedMicros: number;
  /** The median of the ratios within the rounds. */
  readonly ratioToNothing: number;
  /** (largest − smallest) / median of these ratios: below this a difference means nothing. */
  readonly ratioSpread: number;
  readonly requestsPerSecond: number;
  readonly errors: number;
  readonly limit?: ObserveLoad['limit'];
  readonly rounds: readonly Sample[];
}

/** Everything that one run with `--observe` found. */
export interface ObserveResult {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly observed: readonly ObserveCell[];
}
