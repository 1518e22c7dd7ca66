import type { SplitCounts } from '@sluice/model';

/** One second of a deployment, as a judge sees it. */
export interface Second {
  readonly block: SplitCounts;
  /** 0, 1, 2: the phase, whose counts begin at zero. */
  readonly phase: number;
  readonly percentage: number;
  /** The phase has lasted as long as it was planned to. */
  readonly isOver: boolean;
}

/** Judges one deployment, every second. */
export interface Judge {
  judge(second: Second): 'promote' | 'hold' | 'rollBack';
}
