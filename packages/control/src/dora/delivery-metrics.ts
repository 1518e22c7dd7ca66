import { deliveryMetrics } from '@sluice/model/metrics';
import type { MetricWriter } from '@sluice/service';
import type { DoraFigures, DoraSummary } from './dora-figures.ts';

/** Routes that have series of their own, those with the most deployments first: each has some fifteen. */
const mostRoutes = 200;
const outcomes = ['completed', 'rolledBack', 'failed', 'cancelled'] as const;
const { deployments } = deliveryMetrics;

/** What the metrics of delivery show. */
export interface MeasuredDelivery {
  readonly figures: DoraFigures;
  /** How many deployments wait for a person. */
  readonly awaitingPerson: number;
}

/** What is one number per route. */
const single = [
  [deliveryMetrics.perDay, 'deploymentFrequency'],
  [deliveryMetrics.changeFailureRatio, 'changeFailureRate'],
  [deliveryMetrics.reworkRatio, 'reworkRate'],
  [deliveryMetrics.rollbacksPerDay, 'rollbackFrequency'],
] as const;

/** What is a distribution. */
const durations = [
  [deliveryMetrics.leadTime, 'leadTime'],
  [deliveryMetrics.timeToRecover, 'timeToRecover'],
  [deliveryMetrics.working, 'working'],
  [deliveryMetrics.waiting, 'waiting'],
] as const;

/** Writes the figures of 30 days; NaN for what is unknown. Every family is there, even without figures. */
export function writeDeliveryMetrics(to: MetricWriter, { figures, awaitingPerson }: Partial<MeasuredDelivery>): void {
  const routes = (figures?.routes ?? []).toSorted((a, b) => endedOf(b) - endedOf(a)).slice(0, mostRoutes);
  const rows: readonly (readonly [route: string, DoraSummary | undefined])[] = [
    ['', figures?.overall],
    ...routes.map((route) => [route.name, route] as const),
  ];
  to.single(deliveryMetrics.open, figures?.open ?? NaN);
  to.single(deliveryMetrics.awaitingPerson, awaitingPerson ?? NaN);
  const ended = to.family(deployments);
  for (const [route, summary] of rows)
    for (const outcome of outcomes) ended({ route, outcome }, summary?.[outcome] ?? NaN);
  for (const [metric, key] of single) {
    const sample = to.family(metric);
    for (const [route, summary] of rows) sample({ route }, summary?.[key] ?? NaN);
  }
  for (const [metric, key] of durations) {
    const sample = to.family(metric);
    for (const [route, summary] of rows) {
      sample({ route, percentile: '50' }, summary?.[key]?.median ?? NaN);
      sample({ route, percentile: '90' }, summary?.[key]?.p90 ?? NaN);
    }
  }
}

function endedOf({ completed, rolledBack, failed, cancelled }: DoraSummary): number {
  return completed + rolledBack + failed + cancelled;
}
