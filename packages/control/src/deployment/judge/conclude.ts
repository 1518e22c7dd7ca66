import type { CheckResult } from './verdict.ts';
import { shownOdds, suspicion } from './odds.ts';

/** What a check found, before it is put into words. */
export interface Finding {
  readonly name: CheckResult['name'];
  readonly dryRun: boolean;
  readonly withinLimit: boolean;
  /** Odds against "no worse" and against "beyond the limit". */
  readonly harm: number;
  readonly safety: number;
  readonly needed: number;
  /** The stretch that speaks for harm shows at least half of what the limit allows: less is no harm, however certain. */
  readonly matters: boolean;
  /** Log of the odds of that stretch alone. */
  readonly score: number;
  /** The latest requests alone show a good part of what the limit allows: the good old ones do not make up for them. */
  readonly lately: boolean;
  /** There were enough requests in this deployment to decide anything. */
  readonly seenEnough: boolean;
}

/** Decides what a check says, and has it explained. */
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
