import {
  aggregate,
  average,
  combine,
  countRate,
  countRateUpTo,
  current,
  rate,
  trafficMetrics,
} from '@sluice/model/metrics';
import type { Metric, Period } from '@sluice/model/metrics';
import { failed } from '../thresholds.ts';
import { windowsOf } from './burn-rates.ts';
import type { BurnRates } from './burn-rates.ts';
import type { Recording } from './rule.ts';
import { namesMatching } from './traffic-rules.ts';

const { requests, requestDuration } = trafficMetrics;

/** A series that rules keep, by route and, of what is slow, by the bound in seconds beyond which it is. */
type Recorded = Metric & { readonly type: 'gauge'; readonly labels: readonly ('bound' | 'route')[] };

/** What is bad of which requests. Both are recorded as rates over the base window. */
export interface BadShare {
  /** The part of the names of its series. */
  readonly name: 'errors' | 'slow';
  /** The bound in seconds; absent for errors. */
  readonly bound?: number;
}

/** Bad requests in each second, over the base window. */
export function badRate({ name }: BadShare, base: Period): Recorded {
  return recorded(`route:sluice_${name}:rate${base}`, 'Requests in each second that were bad.');
}

/** All requests in each second, over the base window. */
export function wholeRate({ name }: BadShare, base: Period): Recorded {
  const whole = name === 'errors' ? 'requests' : 'timed';
  return recorded(`route:sluice_${whole}:rate${base}`, 'Requests in each second.');
}

/** The share of bad requests over a window. */
export function badRatio({ name }: BadShare, window: Period): Recorded {
  return recorded(`route:sluice_${name}:ratio_rate${window}`, 'Share of the requests that were bad.');
}

/**
 * What is recorded of some routes. Rates are recorded over the base window, and the shares over longer ones are made of their
 * means: to read the counters over three days again and again would cost a hundred times as much.
 */
export function objectiveSeries(bad: BadShare, routes: readonly string[], burn: BurnRates): readonly Recording[] {
  const labels = bad.bound === undefined ? undefined : { bound: String(bad.bound) };
  const [share, whole] = [badRate(bad, burn.base), wholeRate(bad, burn.base)];
  const rates = bad.bound === undefined ? errorRates(routes, burn.base) : slowRates(bad.bound, routes, burn.base);
  const keep = (metric: Recorded, from: Recording['from']): Recording => ({ metric, from, ...(labels && { labels }) });
  const where = labels ?? {};
  return [
    keep(whole, rates.whole),
    keep(share, rates.bad),
    ...windowsOf(burn).map((window) => {
      const over = (metric: Recorded) =>
        window === burn.base ? current(metric, where) : average(metric, window, where);
      return keep(badRatio(bad, window), combine(over(share), '/', over(whole)));
    }),
  ];
}

function errorRates(routes: readonly string[], base: Period) {
  const route = { matching: namesMatching(routes) };
  const whole = aggregate('sum', rate(requests, base, { route }), ['route']);
  const failures = aggregate('sum', rate(requests, base, { route, status: failed }), ['route']);
  // Without any failure yet there is no series of failures. A mean would leave that time out.
  return { whole, bad: combine(failures, 'or', combine(whole, '*', 0)) };
}

function slowRates(bound: number, routes: readonly string[], base: Period) {
  const where = { route: { matching: namesMatching(routes) } };
  const whole = aggregate('sum', countRate(requestDuration, base, where), ['route']);
  const fast = aggregate('sum', countRateUpTo(bound, requestDuration, base, where), ['route']);
  return { whole, bad: combine(whole, '-', fast) };
}

function recorded(name: string, help: string): Recorded {
  return { name, type: 'gauge', labels: ['route', 'bound'], unit: 'ratio', help };
}
