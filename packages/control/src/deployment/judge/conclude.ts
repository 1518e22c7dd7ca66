import type { CheckResult } from './verdict.ts';
import { shownOdds, suspicion } from './odds.ts';

/** The log of about what bets cost that turn out badly. */
const lostStakes = 1.5;
/** Odds that have grown by less say nothing about how fast they grow. */
const leastGrowth = 1;

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
  /** The candidate's requests that the odds are based on. */
  readonly requests: number;
  /** A lower percentile that is certain enough to stand in. */
  readonly standIn?: CheckResult['standIn'];
}

/** Decides the result of a check, and has it explained. */
export function conclude(finding: Finding, explain: (result: CheckResult['result']) => string): CheckResult {
  const { name, dryRun, withinLimit, needed } = finding;
  const result = resultOf(finding);
  const moreRequests = result === 'open' ? moreOf(finding) : undefined;
  return {
    name,
    result,
    dryRun,
    withinLimit,
    evidenceOfHarm: shownOdds(finding.harm),
    evidenceOfSafety: shownOdds(finding.safety),
    needed,
    ...(moreRequests !== undefined && { moreRequests }),
    ...(result === 'open' && finding.standIn !== undefined && { standIn: finding.standIn }),
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

/** Only more requests are missing: none of those that came speaks against the candidate. */
export function isPromising({ lately, score, withinLimit, seenEnough }: Omit<Finding, 'standIn'>): boolean {
  return seenEnough && withinLimit && !lately && score < suspicion;
}

/** The log of the odds grows in proportion to the requests, once it has made up for the stakes of the bets that are lost. */
function moreOf(finding: Finding): number | undefined {
  const { safety, needed, requests } = finding;
  const grown = Math.log(safety) + lostStakes;
  if (!isPromising(finding) || safety >= needed || grown < leastGrowth) return undefined;
  return Math.ceil(requests * ((Math.log(needed) + lostStakes) / grown - 1));
}
