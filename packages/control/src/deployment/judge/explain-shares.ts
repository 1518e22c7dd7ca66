import type { CheckResult } from './verdict.ts';
import type { Run, Shares } from './judge-state.ts';
import type { PastRate } from './past-rate.ts';
import { candidateRate } from './run.ts';
import { numberText, oddsText, percentText, pointsText } from './number-text.ts';

export interface SharesFinding {
  readonly name: 'errors' | 'clientErrors' | 'aborts' | 'hangs';
  readonly result: CheckResult['result'];
  readonly limit: number;
  readonly whole: Shares;
  readonly run: Run;
  /** The stable version's rate over the phase, and over the run that indicates harm. */
  readonly base: number;
  readonly runBase: number;
  readonly past?: PastRate | undefined;
  readonly withinLimit: boolean;
  readonly harm: number;
  readonly safety: number;
  readonly needed: number;
}

/** One sentence with the numbers. */
export function explainShares(finding: SharesFinding): string {
  const { whole, result, limit, harm, safety, needed, run, runBase, withinLimit } = finding;
  if (whole[2] === 0) return 'No requests have reached the candidate since the phase began.';
  if (result === 'worse') {
    const increase = pointsText(candidateRate(run) - runBase);
    return `${sides(finding, run.shares, 'its latest ')}: worse by ${increase}, by odds of ${oddsText(harm)}; the limit is ${pointsText(limit)}.`;
  }
  const seen = sides(finding, whole, '');
  const limitText = `the ${pointsText(limit)} allowed`;
  if (result === 'fine') return `${seen}: within ${limitText}, by odds of ${oddsText(safety)}.`;
  if (withinLimit && safety >= needed) return `${seen}: within ${limitText} over the phase, but worse lately.`;
  if (withinLimit) return `${seen}: within ${limitText} so far, but ${oddsNote(safety, needed)}.`;
  return `${seen}: beyond ${limitText}, but this may be chance: ${oddsNote(harm, needed)}.`;
}

const verbs = {
  errors: 'The candidate failed',
  clientErrors: 'The candidate answered 4xx to',
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

function oddsNote(odds: number, needed: number): string {
  return `the odds are ${oddsText(odds)}, and ${oddsText(needed)} is needed`;
}
