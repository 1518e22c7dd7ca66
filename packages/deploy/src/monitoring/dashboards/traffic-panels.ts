import {
  aggregate,
  bucketIncreases,
  combine,
  countRate,
  current,
  policyMetrics,
  quantile,
  rate,
  sumRate,
  trafficMetrics,
} from '@sluice/model/metrics';
import type { Match, Query } from '@sluice/model/metrics';
import { failed, thresholds } from '../thresholds.ts';
import { meanOf, shareOf, window } from './chosen.ts';
import type { Line, UnplacedPanel } from './panel.ts';
import { breakerStates, heatmap, stat, stateTimeline, timeSeries } from './panel/index.ts';

/** Whose requests a panel shows. */
interface Scope {
  readonly job: Match;
  readonly instance: Match;
  readonly route?: Match;
}

const { requests, requestDuration, overhead, breakerState } = trafficMetrics;

/** Share of the requests that failed. */
export function errorShare(where: Scope) {
  const failures = rate(requests, window, { ...where, status: failed });
  return shareOf(aggregate('sum', failures), aggregate('sum', rate(requests, window, where)));
}

/** How long requests took on average. */
export function meanDuration<Kept extends 'route' = never>(where: Scope, by: readonly Kept[] = []): Query<Kept> {
  const sums = aggregate('sum', sumRate(requestDuration, window, where), by);
  return meanOf(sums, aggregate('sum', countRate(requestDuration, window, where), by));
}

/** The four numbers to look at first. */
export function trafficStats(where: Scope): readonly UnplacedPanel[] {
  const slowest = (share: number, limit: number): UnplacedPanel =>
    stat({
      title: `p${share * 100}`,
      about: `How long ${share * 100} of 100 requests took at most.`,
      limit,
      nothing: 'no traffic',
      lines: [{ query: quantile(share, requestDuration, window, { where }) }],
    });
  return [
    stat({
      title: 'Requests',
      about: 'Requests that ended, in each second.',
      unit: 'reqps',
      lines: [{ query: aggregate('sum', rate(requests, window, where)) }],
    }),
    stat({
      title: 'Errors',
      about: 'Share of the requests that were answered with a status of 500 or above.',
      limit: thresholds.errorRatio,
      nothing: 'no traffic',
      lines: [{ query: errorShare(where) }],
    }),
    slowest(0.95, thresholds.p95Seconds),
    slowest(0.99, thresholds.p99Seconds),
  ];
}

/** How long requests took: the median, and the slow ones. */
export function durations(where: Scope): UnplacedPanel {
  return timeSeries({
    title: 'Duration',
    about: 'How long the given share of the requests took at most. The line is where the alert on p95 begins.',
    limit: thresholds.p95Seconds,
    lines: quantileLines((share) => quantile(share, requestDuration, window, { where })),
  });
}

/** The same as a heatmap. */
export function durationsByBucket(where: Scope, width: number): UnplacedPanel {
  return heatmap({
    title: 'Durations',
    about: 'How many requests took how long. Two bands are two kinds of requests, or a slow backend among fast ones.',
    width,
    bounds: 's',
    buckets: bucketIncreases(requestDuration, window, where),
  });
}

/** What the gateway itself adds. */
export function overheads(where: Scope, width: number): UnplacedPanel {
  return timeSeries({
    title: 'Overhead',
    about: 'What the gateway itself added to requests: the time that it did not wait for a client or a backend.',
    width,
    lines: quantileLines((share) => quantile(share, overhead, window, { where })),
  });
}

/** What policies decide. */
export function policyOutcomes(where: Scope, width: number): UnplacedPanel {
  return timeSeries({
    title: 'Outcomes of policies',
    about: 'What authentication, authorization and your own policies made of requests, in each second.',
    unit: 'reqps',
    width,
    lines: [{ query: aggregate('sum', rate(policyMetrics.outcomes, window, where), ['policy', 'outcome']) }],
  });
}

/** The state of each circuit breaker on the worst node: open where one has it open, although half-open has the greater number. */
export function breakers(
  where: Scope & { readonly backend?: Match },
  { by, width }: { readonly by: readonly ('route' | 'backend')[]; readonly width: number },
): UnplacedPanel {
  const states = current(breakerState, where);
  const open = aggregate('max', combine(states, '==', 1), by);
  return stateTimeline({
    title: 'Circuit breakers',
    about: 'The state of each circuit breaker: open where one node has it open.',
    width,
    states: breakerStates,
    lines: [{ query: combine(open, 'or', aggregate('max', states, by)) }],
  });
}

/** The median, and the slow ones. */
export function quantileLines(at: (share: number) => Query): readonly Line[] {
  return [0.5, 0.95, 0.99].map((share) => ({ name: `p${share * 100}`, query: at(share) }));
}
