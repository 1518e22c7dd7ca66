import type { AnalysisConfig, SplitCounts, VersionCounts } from '@sluice/model';
import type { GateResult } from '../gates/gate-result.ts';
import type { CheckResult, Verdict } from './verdict.ts';
import { figuresOf } from './figures.ts';
import type { Baseline } from './past-rate.ts';
import { longText, numberText, rateText } from './number-text.ts';

export interface VerdictInput {
  readonly checks: readonly CheckResult[];
  readonly enough: boolean;
  readonly gates: readonly GateResult[];
  /** The number of consecutive failures that roll back, by the name of the gate. All gates are in it. */
  readonly gateLimits: ReadonlyMap<string, number>;
  /** After this phase the candidate gets all traffic, so no check may be open. */
  readonly isLast: boolean;
  /** The phase has lasted as long as it was planned to, and goes on for an answer alone. */
  readonly isOver: boolean;
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

type Open = Pick<Verdict, 'explanation' | 'missing' | 'stillOpen'>;
type Decision = Pick<Verdict, 'verdict'> & Open;

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

function tooFew(input: VerdictInput): Open | undefined {
  const { enough, whole, settings, baseline } = input;
  if (enough) return undefined;
  const [stable, candidate] = [whole.stable.requests, whole.candidate.requests];
  if (candidate === 0) return unanswered(whole.candidate);
  if (baseline === 'live' && stable === 0) return noRequestsOf('the stable version');
  const beside = baseline === 'live' ? `, the stable version ${numberText(stable)}` : '';
  const needed = `${numberText(settings.minRequests)} are needed before anything is decided`;
  const text = `The candidate has had ${numberText(candidate)} requests in this phase${beside}; ${needed}.`;
  return withOutlook(text, [], Math.max(0, settings.minRequests - candidate), input);
}

function unanswered({ aborted, rejected, ownAnswers = 0, inFlight = 0 }: VersionCounts): Open {
  if (aborted + rejected + ownAnswers + inFlight === 0) return noRequestsOf('the candidate');
  const parts = [
    ...(rejected > 0 ? [`the gateway refused ${numberText(rejected)}`] : []),
    ...(ownAnswers > 0 ? [`a policy answered ${numberText(ownAnswers)}`] : []),
    ...(aborted > 0 ? [`clients gave up on ${numberText(aborted)}`] : []),
    ...(inFlight > 0 ? [`${numberText(inFlight)} are under way`] : []),
  ];
  return { explanation: `No backend of the candidate has answered since the phase began: ${parts.join(', ')}.` };
}

function noRequestsOf(version: string): Open {
  return { explanation: `No requests have reached ${version} since the phase began.`, missing: 'requests' };
}

/** Without the stable version beside it there is no further proof: then being within the limit is enough. */
function openCheck(input: VerdictInput, checks: readonly CheckResult[]): Open | undefined {
  const needsProof = input.isLast && input.baseline === 'live';
  const open = checks.filter(
    ({ result, withinLimit, standIn }) =>
      result !== 'fine' && ((needsProof && !(input.isOver && standIn !== undefined)) || !withinLimit),
  );
  const [first] = open;
  if (first === undefined) return undefined;
  const names = open.map(({ name }) => name);
  const more = open.map(({ moreRequests }) => moreRequests ?? Number.NaN);
  return withOutlook(first.explanation, names, Math.max(...more), input);
}

/** Says how many more requests it will take, and how long that is at the traffic of the latest period. */
function withOutlook(
  explanation: string,
  checks: readonly string[],
  more: number,
  { window, windowSeconds }: VerdictInput,
): Open {
  if (Number.isNaN(more) || more === 0) return { explanation, stillOpen: { checks } };
  const rate = windowSeconds === 0 ? 0 : window.candidate.requests / windowSeconds;
  const moreRequests = Number(more.toPrecision(2));
  if (rate === 0) return { explanation, stillOpen: { checks, moreRequests } };
  const moreSeconds = Math.ceil(more / rate);
  const soon = `about ${longText(moreSeconds)} more at ${rateText(rate)} requests/s`;
  const text = `${explanation} It takes about ${numberText(moreRequests)} more requests of the candidate, ${soon}.`;
  return { explanation: text, stillOpen: { checks, moreRequests, moreSeconds } };
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
  const told = checks.filter(({ standIn }, index) => index === 0 || standIn !== undefined);
  return ['Nothing counts against the candidate.', ...told.map(({ explanation }) => explanation)].join(' ');
}
