import type { Judge } from './judge.ts';
import { everyInterval, isBeyond } from './intervals.ts';

const failureLimit = 3;

/**
 * The model of an AnalysisRun of Argo Rollouts that accompanies the whole rollout: one measurement every 10 s, failed
 * ones counted over the run and never forgotten; more than `failureLimit` abort it. No data is no failure.
 */
export function createFailureLimit(): Judge {
  let failures = 0;
  return everyInterval((counts) => {
    if (counts.candidate.requests > 0 && counts.stable.requests > 0 && isBeyond(counts)) failures += 1;
    return failures > failureLimit;
  });
}
