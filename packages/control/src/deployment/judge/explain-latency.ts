import type { CheckResult, SideFigures } from './verdict.ts';
import type { SplitCounts } from '@sluice/model';
import type { Run } from './judge-state.ts';
import { candidateRate, stableRate } from './run.ts';
import { millisecondsText, numberText, oddsText, percentText } from './number-text.ts';

export interface LatencyFinding {
  readonly result: CheckResult['result'];
  readonly limit: number;
  readonly whole: SplitCounts;
  readonly run: Run;
  /** 99th percentiles over the phase, in milliseconds. */
  readonly candidate: number;
  readonly stable: number;
  /** What counts as slow in the run that indicates harm; undefined before there is one. */
  readonly slowMs: number | undefined;
  readonly past?: SideFigures | undefined;
  readonly withinLimit: boolean;
  readonly harm: number;
  readonly safety: number;
  readonly needed: number;
}

/** One sentence with the numbers. */
export function explainLatency(finding: LatencyFinding): string {
  const { whole, result, limit, harm, safety, needed, withinLimit } = finding;
  const requests = whole.candidate.requests;
  if (requests === 0) return 'No requests have reached the candidate since the phase began.';
  if (result === 'worse') return explainWorse(finding);
  const seen = `The candidate's p99 is ${millisecondsText(finding.candidate)} over ${numberText(requests)} requests, the stable version's ${stableText(finding)}`;
  const limitText = `the ${percentText(limit)} allowed`;
  if (result === 'fine') return `${seen}: within ${limitText}, by odds of ${oddsText(safety)}.`;
  if (withinLimit && safety >= needed) return `${seen}: within ${limitText} over the phase, but worse lately.`;
  if (withinLimit) return `${seen}: within ${limitText} so far, but ${oddsNote(safety, needed)}.`;
  return `${seen}: beyond ${limitText}, but this may be chance: ${oddsNote(harm, needed)}.`;
}

function explainWorse({ run, slowMs = 0, past, candidate, stable, harm, limit }: LatencyFinding): string {
  const [stableRequests, , requests] = run.shares;
  const beside =
    past === undefined
      ? `${percentText(stableRate(run))} of the stable version's ${numberText(stableRequests)} beside them`
      : 'where at most 1 % is expected';
  return (
    `Of the candidate's latest ${numberText(requests)} requests ${percentText(candidateRate(run))} took ` +
    `${millisecondsText(slowMs)} or longer, ${beside}: slower, by odds of ${oddsText(harm)}; over the phase its p99 is ` +
    `${millisecondsText(candidate)} against ${millisecondsText(stable)}, and ${percentText(limit)} more are allowed.`
  );
}

function stableText({ stable, past, whole }: LatencyFinding): string {
  const p99 = millisecondsText(stable);
  return past === undefined ? `${p99} over ${numberText(whole.stable.requests)}` : `${p99} before it`;
}

function oddsNote(odds: number, needed: number): string {
  return `the odds are ${oddsText(odds)}, and ${oddsText(needed)} is needed`;
}
