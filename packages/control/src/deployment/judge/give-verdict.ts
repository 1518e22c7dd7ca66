import type { AnalysisConfig, SplitCounts, VersionCounts } from '@sluice/model';
import type { GateResult } from '../gates/gate-result.ts';
import type { CheckResult, Verdict } from './verdict.ts';
import { figuresOf } from './figures.ts';
import type { Baseline } from './judge.ts';
import { numberText } from './number-text.ts';

export interface VerdictInput {
  readonly checks: readonly CheckResult[];
  readonly enough: boolean;
  readonly gates: readonly GateResult[];
  /** The number of consecutive failures that roll back, by the name of the gate. All gates are in it. */
  readonly gateLimits: ReadonlyMap<string, number>;
  /** After this phase the candidate gets all traffic, so no check may be open. */
  readonly isLast: boolean;
  /** ISO 8601. */
  readonly at: string;
  readonly phaseIndex: number;
  readonly percentage: number;
  readonly settings: AnalysisConfig;
  readonly whole: SplitCounts;
  readonly window: SplitCounts;
  readonly windowSeconds: number;
  readonly baseline: Baseline;
}

type Decision = Pick<Verdict, 'verdict' | 'explanation' | 'missing'>;
type Open = Pick<Verdict, 'explanation' | 'missing'>;

/** Gives the verdict of one comparison. `decide` knows how long a phase lasts, and when to ask a person. */
export function giveVerdict(input: VerdictInput): Verdict {
  const { whole, window } = input;
  return {
    ...decide(input),
    at: input.at,
    phaseIndex: input.phaseIndex,
    percentage: input.percentage,
    stable: figuresOf(whole.stable),
    candidate: figuresOf(whole.candidate),
    window: { seconds: input.windowSeconds, stable: figuresOf(window.stable), candidate: figuresOf(window.candidate) },
    checks: input.checks,
    gates: input.gates,
  };
}

function decide(input: VerdictInput): Decision {
  const checks = input.checks.filter(({ dryRun }) => !dryRun);
  const worse = checks.filter(({ result }) => result === 'worse').toSorted(byHarm)[0];
  if (worse !== undefined) return { verdict: 'rollBack', explanation: worse.explanation };
  const failed = input.gates.find((gate) => isFailed(gate, input.gateLimits));
  if (failed !== undefined) return { verdict: 'rollBack', explanation: failed.explanation };
  const open = tooFew(input) ?? openCheck(input, checks) ?? openGate(input);
  return open === undefined ? { verdict: 'promote', explanation: praise(checks) } : { verdict: 'hold', ...open };
}

/** The strongest evidence first: its check is the one that is shown. */
function byHarm(a: CheckResult, b: CheckResult): number {
  return b.evidenceOfHarm / b.needed - a.evidenceOfHarm / a.needed;
}

function isFailed({ name, result, dryRun, failuresInARow }: GateResult, limits: ReadonlyMap<string, number>): boolean {
  return !dryRun && result === 'fail' && failuresInARow >= (limits.get(name) ?? 1);
}

function tooFew({ enough, whole, settings, baseline }: VerdictInput): Open | undefined {
  if (enough) return undefined;
  const [stable, candidate] = [whole.stable.requests, whole.candidate.requests];
  if (candidate === 0) return unanswered(whole.candidate);
  if (baseline === 'live' && stable === 0) return noRequestsOf('the stable version');
  const beside = baseline === 'live' ? `, the stable version ${numberText(stable)}` : '';
  const needed = `${numberText(settings.minRequests)} are needed before anything is decided`;
  return { explanation: `The candidate has had ${numberText(candidate)} requests in this phase${beside}; ${needed}.` };
}

function unanswered({ aborted, inFlight = 0 }: VersionCounts): Open {
  if (aborted + inFlight === 0) return noRequestsOf('the candidate');
  const parts = [
    ...(aborted > 0 ? [`clients gave up on ${numberText(aborted)}`] : []),
    ...(inFlight > 0 ? [`${numberText(inFlight)} are under way`] : []),
  ];
  return { explanation: `The candidate has answered no request since the phase began: ${parts.join(', ')}.` };
}

function noRequestsOf(version: string): Open {
  return { explanation: `No requests have reached ${version} since the phase began.`, missing: 'requests' };
}

/** Without the stable version beside it there is no further proof: then being within the limit is enough. */
function openCheck({ isLast, baseline }: VerdictInput, checks: readonly CheckResult[]): Open | undefined {
  const needsProof = isLast && baseline === 'live';
  const open = checks.find(({ result, withinLimit }) => result !== 'fine' && (needsProof || !withinLimit));
  return open && { explanation: open.explanation };
}

function openGate({ gates, gateLimits }: VerdictInput): Open | undefined {
  const open = gates.find(({ dryRun, result }) => !dryRun && result !== 'pass');
  if (open !== undefined) return { explanation: open.explanation };
  const missing = [...gateLimits.keys()].find((name) => !gates.some((gate) => gate.name === name));
  return missing === undefined
    ? undefined
    : { explanation: `No answer of the gate ${missing} yet.`, missing: 'gateResult' };
}

function praise(checks: readonly CheckResult[]): string {
  return ['Nothing counts against the candidate.', ...checks.slice(0, 1).map(({ explanation }) => explanation)].join(
    ' ',
  );
}
