import { explainLimit } from './explain-limit.ts';
import type { LimitFinding } from './explain-limit.ts';
import type { Run, Shares } from './judge-state.ts';
import type { PastRate } from './past-rate.ts';
import { candidateRate } from './run.ts';
import { numberText, oddsText, percentText, pointsText } from './number-text.ts';

export interface SharesFinding extends LimitFinding {
  readonly name: 'errors' | 'clientErrors' | 'refusals' | 'aborts' | 'hangs';
  readonly limit: number;
  readonly whole: Shares;
  readonly run: Run;
  /** The stable version's rate over the phase, and over the run that indicates harm. */
  readonly base: number;
  readonly runBase: number;
  readonly past?: PastRate | undefined;
}

/** One sentence with the numbers. */
export function explainShares(finding: SharesFinding): string {
  const { whole, result, limit, harm, run, runBase } = finding;
  if (whole[2] === 0) return 'No requests have reached the candidate since the phase began.';
  if (result === 'worse') {
    const increase = pointsText(candidateRate(run) - runBase);
    return `${sides(finding, run.shares, 'its latest ')}: worse by ${increase}, at odds of ${oddsText(harm)}; the limit is ${pointsText(limit)}.`;
  }
  return explainLimit(sides(finding, whole, ''), `the ${pointsText(limit)} allowed`, finding);
}

const verbs = {
  errors: 'The candidate failed',
  clientErrors: 'The candidate answered 4xx to',
  refusals: 'The candidate refused',
  aborts: 'Clients of the candidate gave up on',
  hangs: 'The candidate left unanswered',
} as const;

function sides({ name, base, past }: SharesFinding, shares: Shares, which: string): string {
  const [stable, stableHits, candidate, candidateHits] = shares;
  const rate = percentText(candidate === 0 ? 0 : candidateHits / candidate);
  const own = `${verbs[name]} ${rate} of ${which}${numberText(candidate)} requests`;
  if (past !== undefined) {
    return past.requests === 0
      ? `${own}, and there is no stable version to compare it with`
      : `${own}, the stable version ${percentText(base)} before it`;
  }
  return `${own}, the stable version ${percentText(stable === 0 ? 0 : stableHits / stable)} of ${numberText(stable)}`;
}
