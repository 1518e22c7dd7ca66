import type { Judge } from './judge.ts';
import { everyInterval, isBeyond } from './intervals.ts';

const failureLimit = 3;

/**
 * Models an AnalysisRun of Argo Rollouts over the whole rollout: it measures every 10 s and aborts after more than
 * `failureLimit` failures, which are counted over the whole run. Missing data is no failure.
 */
export function createFailureLimit(): Judge {
  let failures = 0;
  return everyInterval((counts) => {
    if (counts.candidate.requests > 0 && counts.stable.requests > 0 && isBeyond(counts)) failures += 1;
    return failures > failureLimit;
  });
}
