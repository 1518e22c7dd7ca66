import { MetricText } from '@sluice/service';
import type { Labels } from '@sluice/service';
import type { DoraFigures, DoraSummary } from './dora-figures.ts';

/** Routes that have series of their own, those with the most deployments first: each has some fifteen. */
const mostRoutes = 200;
const prefix = 'api_gateway_delivery_';
const outcomes = ['completed', 'rolledBack', 'failed', 'cancelled'] as const;

interface Family {
  readonly name: string;
  readonly help: string;
  /** The labels beside the route, and the value; undefined or null when it is unknown. */
  readonly samples: (summary: DoraSummary | undefined) => readonly (readonly [Labels, number | null | undefined])[];
}

const families: readonly Family[] = [
  {
    name: 'deployments',
    help: 'Deployments that ended within 30 days.',
    samples: (summary) => outcomes.map((outcome) => [{ outcome }, summary?.[outcome]]),
  },
  family('per_day', 'Deployments that were completed, per day.', 'deploymentFrequency'),
  durationFamily('lead_time_seconds', 'From the creation of a deployment to its completion.', 'leadTime'),
  family('change_failure_ratio', 'Share of deployments that were rolled back or failed.', 'changeFailureRate'),
  durationFamily('time_to_recover_seconds', 'From the first sign of trouble to the rollback.', 'timeToRecover'),
  family('rework_ratio', 'Share of deployments that repair an earlier one.', 'reworkRate'),
  family('rollbacks_per_day', 'Deployments that were rolled back, per day.', 'rollbackFrequency'),
  durationFamily('working_seconds', 'How long deployments moved forward.', 'working'),
  durationFamily('waiting_seconds', 'How long deployments waited.', 'waiting'),
];

/** Prometheus text of the figures of 30 days; NaN for what is unknown. Every family is there, even without figures. */
export function doraMetrics(figures: DoraFigures | undefined): string {
  const routes = (figures?.routes ?? []).toSorted((a, b) => endedOf(b) - endedOf(a)).slice(0, mostRoutes);
  const rows: readonly (readonly [route: string, DoraSummary | undefined])[] = [
    ['', figures?.overall],
    ...routes.map((route) => [route.name, route] as const),
  ];
  const text = new MetricText();
  text.single(`${prefix}open`, 'gauge', 'Deployments that have not ended.', figures?.open ?? NaN);
  for (const { name, help, samples } of families) {
    text.family(prefix + name, 'gauge', help);
    for (const [route, summary] of rows) {
      for (const [labels, value] of samples(summary)) text.sample(prefix + name, { route, ...labels }, value ?? NaN);
    }
  }
  return text.toString();
}

function family(
  name: string,
  help: string,
  key: 'deploymentFrequency' | 'changeFailureRate' | 'reworkRate' | 'rollbackFrequency',
): Family {
  return { name, help, samples: (summary) => [[{}, summary?.[key]]] };
}

function durationFamily(name: string, help: string, key: 'leadTime' | 'timeToRecover' | 'working' | 'waiting'): Family {
  return {
    name,
    help,
    samples: (summary) => [
      [{ quantile: '0.5' }, summary?.[key]?.median],
      [{ quantile: '0.9' }, summary?.[key]?.p90],
    ],
  };
}

function endedOf({ completed, rolledBack, failed, cancelled }: DoraSummary): number {
  return completed + rolledBack + failed + cancelled;
}
