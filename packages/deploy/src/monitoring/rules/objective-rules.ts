import { formatDuration, latencyQuantiles, nearestLatencyBound } from '@sluice/model';
import { average, combine, current } from '@sluice/model/metrics';
import type { Period, Query } from '@sluice/model/metrics';
import type { RouteObjective } from '../monitoring-files.ts';
import { thresholds } from '../thresholds.ts';
import { workbookBurnRates } from './burn-rates.ts';
import type { BurnRate, BurnRates } from './burn-rates.ts';
import { badRate, badRatio, objectiveSeries } from './objective-series.ts';
import type { BadShare } from './objective-series.ts';
import type { Alert, RuleGroup } from './rule.ts';

/** One thing that a route promises. */
interface Promised {
  readonly route: string;
  readonly alert: 'SluiceAvailabilityBurns' | 'SluiceLatencyBurns';
  readonly objective: 'availability' | keyof typeof latencyQuantiles;
  /** In words, such as `99.9 % of the requests are answered`. */
  readonly words: string;
  readonly bad: BadShare;
  /** The share of requests that may be bad. */
  readonly budget: number;
}

/** The alerts of the objectives of routes, and the series that they need. Without objectives there are none. */
export function objectiveRules(
  objectives: readonly RouteObjective[],
  burn: BurnRates = workbookBurnRates,
): readonly RuleGroup[] {
  const promised = objectives.flatMap(promisesOf);
  if (promised.length === 0) return [];
  const byBad = Map.groupBy(promised, ({ bad }) => bad.bound);
  const recordings = [...byBad.values()].flatMap((all) => {
    const routes = [...new Set(all.map(({ route }) => route))];
    return objectiveSeries(all[0].bad, routes, burn);
  });
  return [
    { name: 'sluice-objective-series', interval: burn.interval, recordings },
    {
      name: 'sluice-objectives',
      interval: burn.interval,
      alerts: promised.flatMap((one) => alertsOf(one, burn)),
    },
  ];
}

function promisesOf({ route, slo: { availability, latency = {} } }: RouteObjective): Promised[] {
  const quantiles = Object.keys(latencyQuantiles) as (keyof typeof latencyQuantiles)[];
  const answered: Promised[] =
    availability === undefined
      ? []
      : [
          {
            route,
            alert: 'SluiceAvailabilityBurns',
            objective: 'availability',
            words: `${availability} % of the requests are answered with a status below 500`,
            bad: { name: 'errors' },
            budget: exact((100 - availability) / 100),
          },
        ];
  return [
    ...answered,
    ...quantiles.flatMap((quantile): Promised[] => {
      const time = latency[quantile];
      if (time === undefined) return [];
      const bound = nearestLatencyBound(time);
      const words = `${quantile} is ${formatDuration(time)}, measured at ${bound} s, the nearest bound of the buckets`;
      const budget = latencyQuantiles[quantile];
      return [{ route, alert: 'SluiceLatencyBurns', objective: quantile, words, bad: { name: 'slow', bound }, budget }];
    }),
  ];
}

/** A share of 1 or more can never be exceeded: with a large budget, only the slower burn rates are left. */
function alertsOf(promised: Promised, { base, rates }: BurnRates): Alert[] {
  return rates
    .filter(({ factor }) => factor * promised.budget < 1)
    .map((burnRate) => alertOf(promised, burnRate, base));
}

function alertOf({ route, alert, objective, words, bad, budget }: Promised, burnRate: BurnRate, base: Period): Alert {
  const { long, short, factor, severity } = burnRate;
  const where = { route, ...(bad.bound !== undefined && { bound: String(bad.bound) }) };
  const burns = (window: Period): Query<'bound' | 'route'> =>
    combine(current(badRatio(bad, window), where), '>', exact(factor * budget));
  const badRequests = combine(average(badRate(bad, base), long, where), '*', secondsOf(long));
  const isEnough = combine(badRequests, '>=', thresholds.badRequests);
  return {
    name: alert,
    when: combine(combine(burns(long), 'and', burns(short)), 'and', isEnough),
    severity,
    labels: { route, objective, window: long },
    summary: `Route ${route} spends its error budget ${factor} times too fast: {{ $value | humanizePercentage }} of ${long}`,
    description: `The objective is that ${words}. Over ${long} and over ${short}, more than ${exact(factor * budget * 100)} % of the requests have missed it.`,
    runbook: 'objective',
  };
}

/** Without the digits that come from binary fractions. */
function exact(number: number): number {
  return Number(number.toPrecision(10));
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

function secondsOf(period: Period): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(period) ?? [];
  return Number(amount) * unitSeconds[unit as keyof typeof unitSeconds];
}
