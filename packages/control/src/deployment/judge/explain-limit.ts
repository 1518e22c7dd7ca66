import type { CheckResult } from './verdict.ts';
import { oddsText } from './number-text.ts';

/** What a check that is not worse has found. */
export interface LimitFinding {
  readonly result: CheckResult['result'];
  readonly withinLimit: boolean;
  readonly harm: number;
  readonly safety: number;
  readonly needed: number;
}

/** One sentence about a check that is fine or open. `seen` has the figures, and `limit` is such as "the 5 points allowed". */
export function explainLimit(seen: string, limit: string, finding: LimitFinding): string {
  const { result, withinLimit, harm, safety, needed } = finding;
  if (result === 'fine') return `${seen}: within ${limit}, at odds of ${oddsText(safety)}.`;
  if (withinLimit && safety >= needed)
    return `${seen}: within ${limit} over the phase, but the latest requests are worse.`;
  if (withinLimit) return `${seen}: within ${limit} so far, but not certainly: ${oddsNote(safety, needed)}.`;
  return `${seen}: beyond ${limit}, but this may be chance: ${oddsNote(harm, needed)}.`;
}

function oddsNote(odds: number, needed: number): string {
  return `the odds are ${oddsText(odds)}, and ${oddsText(needed)} is needed`;
}
