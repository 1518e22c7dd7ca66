import type { AnalysisConfig, SplitCounts, VersionCounts } from '@sluice/model';
import type { CheckResult, SideFigures } from './verdict.ts';
import { checkMaxErrorRate, checkMaxP99, noAbsoluteMemory } from './check-absolute.ts';
import { checkLatency, noLatencyMemory } from './check-latency.ts';
import { checkShares, noShareMemory } from './check-shares.ts';
import type { PastRate } from './past-rate.ts';
import type { AbsoluteMemory, JudgeState, Shares } from './judge-state.ts';

/**
 * What a candidate is compared with: the stable version beside it; the past figures of the stable version, once the
 * candidate has all traffic; or nothing. In the last case failures are compared with none, and latencies with `maxP99` only.
 */
export type Baseline = 'live' | { readonly past: SideFigures } | 'none';

/** One comparison. */
export interface JudgeInput {
  /** The state after the comparison before; undefined at the first comparison of a deployment. */
  readonly state: JudgeState | undefined;
  /** Counted since the comparison before, on all nodes together. */
  readonly block: SplitCounts;
  /** Counts the phases and the changes of the share. */
  readonly epoch: number;
  /** Counted since the epoch began, the block included. */
  readonly whole: SplitCounts;
  readonly settings: AnalysisConfig;
  readonly baseline: Baseline;
  /** The requests that were checked for hanging, with those that had not ended as hits. */
  readonly waitedFor?: { readonly block: Shares; readonly whole: Shares } | undefined;
}

/** The result of one comparison. */
export interface Judgement {
  /** For the next comparison. */
  readonly state: JudgeState;
  readonly checks: readonly CheckResult[];
  /** Each side has had `minRequests` in this phase; only the candidate has to when it has all traffic. */
  readonly enough: boolean;
}

const nothingSeen: JudgeState = {
  version: 1,
  looks: 0,
  seen: [0, 0],
  errors: noShareMemory,
  clientErrors: noShareMemory,
  latency: noLatencyMemory,
  absoluteErrors: noAbsoluteMemory,
  absoluteLatency: noAbsoluteMemory,
};

/**
 * Compares a candidate with the stable version after one more block of requests. Pure. The odds are valid however often this
 * is done: the probability that any check ever calls a candidate `worse` that is as good as the stable version is at most 1 in
 * 100 over the whole deployment. docs/judging.md explains why.
 */
export function judge({ state = nothingSeen, waitedFor, ...input }: JudgeInput): Judgement {
  const { block, whole, settings, baseline } = input;
  const seen = [state.seen[0] + block.stable.requests, state.seen[1] + block.candidate.requests] as const;
  const isEnough = ([stable, candidate]: readonly [number, number]): boolean =>
    candidate >= settings.minRequests && (baseline !== 'live' || stable >= settings.minRequests);
  const comparison: Comparison = { ...input, seenEnough: isEnough(seen), requests: seen[1] };
  const before = state.ended ?? state.seen;
  const ended = [before[0] + endedOf(block.stable), before[1] + endedOf(block.candidate)] as const;
  const errors = checkShares(state.errors, failuresOf(comparison));
  const latency = baseline === 'none' ? undefined : checkLatency(state.latency, latenciesOf(comparison));
  const clientErrors = checkShares(state.clientErrors, clientErrorsOf(comparison));
  const begun = [ended[0] + (whole.stable.inFlight ?? 0), ended[1] + (whole.candidate.inFlight ?? 0)] as const;
  const aborts = checkShares(
    state.aborts ?? noShareMemory,
    abortsOf({ ...comparison, seenEnough: isEnough(ended), requests: ended[1] }),
  );
  const hangs =
    waitedFor &&
    checkShares(
      state.hangs ?? noShareMemory,
      hangsOf(waitedFor, settings, { seenEnough: isEnough(begun), requests: begun[1] }),
    );
  const { absolute, checks } = checkAbsolutes(state, comparison);
  return {
    state: {
      version: 1,
      looks: state.looks + 1,
      seen,
      errors: errors.memory,
      clientErrors: clientErrors.memory,
      aborts: aborts.memory,
      ...(hangs !== undefined && { hangs: hangs.memory }),
      ended,
      latency: latency?.memory ?? state.latency,
      ...absolute,
    },
    checks: [
      errors.result,
      ...(latency === undefined ? [] : [latency.result]),
      clientErrors.result,
      aborts.result,
      ...hanging(hangs?.result),
      ...checks,
    ],
    enough: isEnough([whole.stable.requests, whole.candidate.requests]),
  };
}

type Comparison = Omit<JudgeInput, 'state' | 'waitedFor'> & {
  readonly seenEnough: boolean;
  /** The candidate's since the deployment began. */
  readonly requests: number;
};

function failuresOf({ block, whole, settings, baseline, ...seen }: Comparison): Parameters<typeof checkShares>[1] {
  return {
    name: 'errors',
    dryRun: settings.dryRun.includes('errors'),
    limit: settings.errorRateIncrease,
    block: sharesOf(block, ({ failures }) => failures),
    whole: sharesOf(whole, ({ failures }) => failures),
    past: pastRate(baseline, ({ failedRequests }) => failedRequests),
    ...seen,
  };
}

/** Without a limit of their own, 4xx responses are compared with the limit for failures, and decide nothing. */
function clientErrorsOf({ block, whole, settings, baseline, ...seen }: Comparison): Parameters<typeof checkShares>[1] {
  const { clientErrorIncrease, errorRateIncrease, dryRun } = settings;
  return {
    name: 'clientErrors',
    dryRun: clientErrorIncrease === undefined || baseline === 'none' || dryRun.includes('clientErrors'),
    limit: clientErrorIncrease ?? errorRateIncrease,
    block: sharesOf(block, ({ clientErrors }) => clientErrors),
    whole: sharesOf(whole, ({ clientErrors }) => clientErrors),
    past: pastRate(baseline, ({ clientErrors }) => clientErrors),
    ...seen,
  };
}

/** An aborted request is no failure. That clients abort the candidate more often than the stable version is. */
function abortsOf({ block, whole, settings, baseline, ...seen }: Comparison): Parameters<typeof checkShares>[1] {
  const shares = ({ stable, candidate }: SplitCounts): Shares => [
    endedOf(stable),
    stable.aborted,
    endedOf(candidate),
    candidate.aborted,
  ];
  return {
    name: 'aborts',
    dryRun: baseline === 'none' || settings.dryRun.includes('aborts'),
    limit: settings.abortIncrease,
    block: shares(block),
    whole: shares(whole),
    past:
      typeof baseline === 'string'
        ? pastRate(baseline, ({ aborted }) => aborted)
        : { requests: baseline.past.requestCount + baseline.past.aborted, hits: baseline.past.aborted },
    ...seen,
  };
}

function hangsOf(
  { block, whole }: NonNullable<JudgeInput['waitedFor']>,
  { abortIncrease, dryRun }: AnalysisConfig,
  seen: Pick<Comparison, 'seenEnough' | 'requests'>,
): Parameters<typeof checkShares>[1] {
  return { name: 'hangs', dryRun: dryRun.includes('hangs'), limit: abortIncrease, block, whole, ...seen };
}

/** Counts of hanging requests are lower bounds: they can indicate harm, but never safety. */
function hanging(result: CheckResult | undefined): readonly CheckResult[] {
  return result === undefined || (result.result !== 'worse' && result.withinLimit) ? [] : [result];
}

function endedOf({ requests, aborted }: VersionCounts): number {
  return requests + aborted;
}

function latenciesOf({
  epoch,
  block,
  whole,
  settings,
  baseline,
  seenEnough,
}: Comparison): Parameters<typeof checkLatency>[1] {
  return {
    dryRun: settings.dryRun.includes('latency'),
    limit: settings.p99IncreasePercent / 100,
    epoch,
    block,
    whole,
    past: typeof baseline === 'string' ? undefined : baseline.past,
    seenEnough,
  };
}

function checkAbsolutes(
  state: JudgeState,
  { block, whole, settings, seenEnough }: Comparison,
): {
  readonly absolute: Record<'absoluteErrors' | 'absoluteLatency', AbsoluteMemory>;
  readonly checks: readonly CheckResult[];
} {
  const { maxErrorRate, maxP99 } = settings;
  const input = { block: block.candidate, whole: whole.candidate, seenEnough };
  const errors = maxErrorRate === undefined ? undefined : checkMaxErrorRate(state.absoluteErrors, maxErrorRate, input);
  const latency = maxP99 === undefined ? undefined : checkMaxP99(state.absoluteLatency, maxP99, input);
  return {
    absolute: {
      absoluteErrors: errors?.memory ?? state.absoluteErrors,
      absoluteLatency: latency?.memory ?? state.absoluteLatency,
    },
    checks: [errors, latency].flatMap((checked) => (checked === undefined ? [] : [checked.result])),
  };
}

function sharesOf({ stable, candidate }: SplitCounts, hits: (counts: VersionCounts) => number): Shares {
  return [stable.requests, hits(stable), candidate.requests, hits(candidate)];
}

function pastRate(baseline: Baseline, hits: (figures: SideFigures) => number): PastRate | undefined {
  if (baseline === 'live') return undefined;
  if (baseline === 'none') return { requests: 0, hits: 0 };
  return { requests: baseline.past.requestCount, hits: hits(baseline.past) };
}
