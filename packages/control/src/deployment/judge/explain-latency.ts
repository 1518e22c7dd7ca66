import { explainLimit } from './explain-limit.ts';
import type { LimitFinding } from './explain-limit.ts';
import { figuresOf } from './figures.ts';
import type { CheckResult, SideFigures } from './verdict.ts';
import type { SplitCounts } from '@sluice/model';
import type { Run } from './judge-state.ts';
import { candidateRate, stableRate } from './run.ts';
import { millisecondsText, numberText, oddsText, percentText } from './number-text.ts';

export interface LatencyFinding extends LimitFinding {
  readonly limit: number;
  readonly whole: SplitCounts;
  readonly run: Run;
  /** 99th percentiles over the phase, in milliseconds. */
  readonly candidate: number;
  readonly stable: number;
  /** What counts as slow in the run that indicates harm; undefined before there is one. */
  readonly slowMs: number | undefined;
  readonly past?: SideFigures | undefined;
  readonly standIn?: CheckResult['standIn'];
}

/** One sentence with the numbers. */
export function explainLatency(finding: LatencyFinding): string {
  const { whole, result, limit } = finding;
  const requests = whole.candidate.requests;
  if (requests === 0) return 'No requests have reached the candidate since the phase began.';
  if (result === 'worse') return explainWorse(finding);
  const seen = `The candidate's p99 is ${millisecondsText(finding.candidate)} over ${numberText(requests)} requests, the stable version's ${stableText(finding)}`;
  const text = explainLimit(seen, `the ${percentText(limit)} allowed`, finding);
  return result === 'open' ? `${text}${explainStandIn(finding)}` : text;
}

function explainStandIn({ standIn, whole: { stable, candidate } }: LatencyFinding): string {
  if (standIn === undefined) return '';
  const [own, other] = [figuresOf(candidate).p95Latency, figuresOf(stable).p95Latency];
  return (
    ` The p95 stands in for the rest: ${millisecondsText(own)} against ${millisecondsText(other)}, within the same limit at ` +
    `odds of ${oddsText(standIn.evidenceOfSafety)}. So ${oddsText(standIn.instead)} is enough for the p99 when the phase is over.`
  );
}

function explainWorse({ run, slowMs = 0, past, candidate, stable, harm, limit }: LatencyFinding): string {
  const [stableRequests, , requests] = run.shares;
  const beside =
    past === undefined
      ? `${percentText(stableRate(run))} of the stable version's ${numberText(stableRequests)} beside them`
      : 'where at most 1 % is expected';
  return (
    `Of the candidate's latest ${numberText(requests)} requests ${percentText(candidateRate(run))} took ` +
    `${millisecondsText(slowMs)} or longer, ${beside}: slower, at odds of ${oddsText(harm)}; over the phase its p99 is ` +
    `${millisecondsText(candidate)} against ${millisecondsText(stable)}, and ${percentText(limit)} more are allowed.`
  );
}

function stableText({ stable, past, whole }: LatencyFinding): string {
  const p99 = millisecondsText(stable);
  return past === undefined ? `${p99} over ${numberText(whole.stable.requests)}` : `${p99} before it`;
}
