import type { AnalysisConfig, SplitCounts } from '@sluice/model';
import type { CheckResult } from './verdict.ts';
import { checkMaxErrorRate, checkMaxP99, noAbsoluteMemory } from './check-absolute.ts';
import { checkLatency, noLatencyMemory } from './check-latency.ts';
import { checkShares, noShareMemory } from './check-shares.ts';
import type { Baseline } from './past-rate.ts';
import type { AbsoluteMemory, JudgeState, Shares } from './judge-state.ts';
import { abortsOf, clientErrorsOf, endedOf, failuresOf, hangsOf, refusalsOf } from './share-checks.ts';
import type { Comparison } from './share-checks.ts';

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
  const known = state.refused ?? [0, 0];
  const refused = [known[0] + block.stable.rejected, known[1] + block.candidate.rejected] as const;
  const asked = [ended[0] + refused[0], ended[1] + refused[1]] as const;
  const refusals = checkShares(
    state.refusals ?? noShareMemory,
    refusalsOf({ ...comparison, seenEnough: isEnough(asked), requests: asked[1] }),
  );
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
      refusals: refusals.memory,
      refused,
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
      refusals.result,
      aborts.result,
      ...hanging(hangs?.result),
      ...checks,
    ],
    enough: isEnough([whole.stable.requests, whole.candidate.requests]),
  };
}

/** Counts of hanging requests are lower bounds: they can indicate harm, but never safety. */
function hanging(result: CheckResult | undefined): readonly CheckResult[] {
  return result === undefined || (result.result !== 'worse' && result.withinLimit) ? [] : [result];
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
