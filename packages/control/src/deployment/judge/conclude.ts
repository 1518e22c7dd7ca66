import type { CheckResult } from './verdict.ts';
import { shownOdds, suspicion } from './odds.ts';

/** What a check found, before it is explained. */
export interface Finding {
  readonly name: CheckResult['name'];
  readonly dryRun: boolean;
  readonly withinLimit: boolean;
  /** Odds against "no worse", and against "worse by the limit or more". */
  readonly harm: number;
  readonly safety: number;
  readonly needed: number;
  /** The run that indicates harm shows at least half of what the limit allows. Less is no harm, however certain it is. */
  readonly matters: boolean;
  /** The log of the odds of that run alone. */
  readonly score: number;
  /** The latest requests alone show a large part of what the limit allows: good old ones do not make up for them. */
  readonly lately: boolean;
  /** There were enough requests in this deployment to decide anything. */
  readonly seenEnough: boolean;
}

/** Decides the result of a check, and has it explained. */
export function conclude(finding: Finding, explain: (result: CheckResult['result']) => string): CheckResult {
  const { name, dryRun, withinLimit, needed } = finding;
  const result = resultOf(finding);
  return {
    name,
    result,
    dryRun,
    withinLimit,
    evidenceOfHarm: shownOdds(finding.harm),
    evidenceOfSafety: shownOdds(finding.safety),
    needed,
    explanation: explain(result),
  };
}

function resultOf({
  harm,
  safety,
  needed,
  matters,
  score,
  lately,
  withinLimit,
  seenEnough,
}: Finding): CheckResult['result'] {
  if (!seenEnough) return 'open';
  if (harm >= needed && matters) return 'worse';
  if (lately || score >= suspicion) return 'open';
  return safety >= needed && withinLimit ? 'fine' : 'open';
}
