import type { SplitCounts } from '@sluice/model';
import { addCounts, emptyCounts, figuresOf } from '../../index.ts';
import type { Judge, Second } from './judge.ts';

/** The other judges measure less often than every second. */
const intervalSeconds = 10;

/** A judge that gets the counts of every ten seconds. It rolls back or promotes, and never holds. */
export function everyInterval(isBad: (counts: SplitCounts, phase: number) => boolean): Judge {
  let [counts, seconds] = [emptyCounts, 0];
  return {
    judge({ block, phase, percentage }: Second) {
      // Without the stable version these judges have nothing to compare.
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

/** The measured figures are more than 5 points of errors or 50 % of p99 above those of the stable version. */
export function isBeyond(counts: SplitCounts): boolean {
  const [stable, candidate] = [figuresOf(counts.stable), figuresOf(counts.candidate)];
  return candidate.errorRate > stable.errorRate + 0.05 || candidate.p99Latency > stable.p99Latency * 1.5;
}
