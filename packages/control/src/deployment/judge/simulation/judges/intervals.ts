import type { SplitCounts } from '@sluice/model';
import { addCounts, emptyCounts, figuresOf } from '../../index.ts';
import type { Judge, Second } from './judge.ts';

/** One measurement of the other judges: they look less often than every second. */
const intervalSeconds = 10;

/** A judge that is asked with the counts of every ten seconds; it only ever rolls back or lets go on. */
export function everyInterval(isBad: (counts: SplitCounts, phase: number) => boolean): Judge {
  let [counts, seconds] = [emptyCounts, 0];
  return {
    look({ block, phase, percentage }: Second) {
      // Nothing is beside the candidate any more: these judges have nothing to say.
      if (percentage === 100) return 'promote';
      counts = addCounts(counts, block);
      seconds += 1;
      if (seconds < intervalSeconds) return 'promote';
      const whole = counts;
      [counts, seconds] = [emptyCounts, 0];
      return isBad(whole, phase) ? 'rollBack' : 'promote';
    },
  };
}

/** More than 5 points of errors or 50 % of p99 above the stable version, taken at face value. */
export function isBeyond(counts: SplitCounts): boolean {
  const [stable, candidate] = [figuresOf(counts.stable), figuresOf(counts.candidate)];
  return candidate.errorRate > stable.errorRate + 0.05 || candidate.p99Latency > stable.p99Latency * 1.5;
}
