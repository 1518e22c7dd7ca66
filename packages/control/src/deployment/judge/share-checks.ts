import type { AnalysisConfig, SplitCounts, VersionCounts } from '@sluice/model';
import type { ShareCheck } from './check-shares.ts';
import type { Shares } from './judge-state.ts';
import type { Baseline, PastRate } from './past-rate.ts';
import type { SideFigures } from './verdict.ts';

/** What the checks of one comparison are made from. */
export interface Comparison {
  readonly block: SplitCounts;
  readonly epoch: number;
  readonly whole: SplitCounts;
  readonly settings: AnalysisConfig;
  readonly baseline: Baseline;
  readonly seenEnough: boolean;
  /** The candidate's since the deployment began. */
  readonly requests: number;
}

/** How many of some requests were hits. */
interface Counted {
  readonly requests: (counts: VersionCounts) => number;
  readonly hits: (counts: VersionCounts) => number;
  /** The same in figures of the past. */
  readonly past: (figures: SideFigures) => PastRate;
}

/** Requests that have ended, without those that were refused. */
export function endedOf({ requests, aborted }: VersionCounts): number {
  return requests + aborted;
}

export function failuresOf(comparison: Comparison): ShareCheck {
  const { settings } = comparison;
  return {
    name: 'errors',
    dryRun: settings.dryRun.includes('errors'),
    limit: settings.errorRateIncrease,
    ...compared(comparison, {
      requests: ({ requests }) => requests,
      hits: ({ failures }) => failures,
      past: ({ requestCount, failedRequests }) => ({ requests: requestCount, hits: failedRequests }),
    }),
  };
}

/** Without a limit of their own, 4xx responses are compared with the limit for failures, and decide nothing. */
export function clientErrorsOf(comparison: Comparison): ShareCheck {
  const { clientErrorIncrease, errorRateIncrease } = comparison.settings;
  return {
    name: 'clientErrors',
    dryRun: clientErrorIncrease === undefined || onlyShown('clientErrors', comparison),
    limit: clientErrorIncrease ?? errorRateIncrease,
    ...compared(comparison, {
      requests: ({ requests }) => requests,
      hits: ({ clientErrors }) => clientErrors,
      past: ({ requestCount, clientErrors }) => ({ requests: requestCount, hits: clientErrors }),
    }),
  };
}

/** A refused request reached no backend. That the candidate refuses more often than the stable version is worse. */
export function refusalsOf(comparison: Comparison): ShareCheck {
  return {
    name: 'refusals',
    dryRun: onlyShown('refusals', comparison),
    limit: comparison.settings.refusalIncrease,
    ...compared(comparison, {
      requests: (counts) => endedOf(counts) + counts.rejected,
      hits: ({ rejected }) => rejected,
      past: ({ requestCount, aborted, rejected }) => ({ requests: requestCount + aborted + rejected, hits: rejected }),
    }),
  };
}

/** An aborted request is no failure. That clients abort the candidate more often than the stable version is. */
export function abortsOf(comparison: Comparison): ShareCheck {
  return {
    name: 'aborts',
    dryRun: onlyShown('aborts', comparison),
    limit: comparison.settings.abortIncrease,
    ...compared(comparison, {
      requests: endedOf,
      hits: ({ aborted }) => aborted,
      past: ({ requestCount, aborted }) => ({ requests: requestCount + aborted, hits: aborted }),
    }),
  };
}

export function hangsOf(
  { block, whole }: Pick<ShareCheck, 'block' | 'whole'>,
  { abortIncrease, dryRun }: AnalysisConfig,
  seen: Pick<ShareCheck, 'seenEnough' | 'requests'>,
): ShareCheck {
  return { name: 'hangs', dryRun: dryRun.includes('hangs'), limit: abortIncrease, block, whole, ...seen };
}

/** A new route has nothing that its clients or its refusals can be compared with. */
function onlyShown(name: ShareCheck['name'], { baseline, settings }: Comparison): boolean {
  return baseline === 'none' || settings.dryRun.includes(name);
}

function compared(
  { block, whole, baseline, seenEnough, requests }: Comparison,
  counted: Counted,
): Omit<ShareCheck, 'name' | 'dryRun' | 'limit'> {
  return {
    block: sharesOf(block, counted),
    whole: sharesOf(whole, counted),
    past: pastRate(baseline, counted),
    seenEnough,
    requests,
  };
}

function sharesOf({ stable, candidate }: SplitCounts, { requests, hits }: Counted): Shares {
  return [requests(stable), hits(stable), requests(candidate), hits(candidate)];
}

function pastRate(baseline: Baseline, { past }: Counted): PastRate | undefined {
  if (baseline === 'live') return undefined;
  return baseline === 'none' ? { requests: 0, hits: 0 } : past(baseline.past);
}
