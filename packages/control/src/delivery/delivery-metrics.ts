import type { DeliveryFigures, DeliverySummary } from './delivery-figures.ts';

/** More routes are not listed one by one, those with the fewest deployments first: each is a dozen series. */
const mostRoutes = 200;

/** A sample: its labels beside the route, and its value; `null` for what there is nothing to go by. */
type Sample = readonly [labels: string, value: number | null | undefined];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: (summary: DeliverySummary | undefined) => readonly Sample[];
}

const outcomes = ['completed', 'rolledBack', 'failed', 'cancelled'] as const;

const families: readonly Family[] = [
  {
    name: 'deployments',
    help: 'Deployments that ended within 30 days.',
    samples: (summary) => outcomes.map((outcome) => [`outcome="${outcome}"`, summary?.[outcome]]),
  },
  family('per_day', 'Deployments that were completed, per day.', (summary) => summary?.deploymentFrequency),
  durationFamily('lead_time_seconds', 'From being asked for to serving all traffic.', 'leadTime'),
  family(
    'change_failure_ratio',
    'Share of deployments that were rolled back or failed.',
    (summary) => summary?.changeFailureRate,
  ),
  durationFamily('time_to_recover_seconds', 'From the first sign of trouble to the rollback.', 'timeToRecover'),
  family('rework_ratio', 'Share of deployments that mend another one.', (summary) => summary?.reworkRate),
  family('rollbacks_per_day', 'Deployments that were rolled back, per day.', (summary) => summary?.rollbackFrequency),
  durationFamily('working_seconds', 'How long deployments went forward.', 'working'),
  durationFamily('waiting_seconds', 'How long deployments waited.', 'waiting'),
];

/** Prometheus text of the figures of 30 days; NaN for what is not known. Every family is there, also without figures. */
export function deliveryMetrics(figures: DeliveryFigures | undefined): string {
  const routes = (figures?.routes ?? []).toSorted((a, b) => endedOf(b) - endedOf(a)).slice(0, mostRoutes);
  const rows: readonly (readonly [string, DeliverySummary | undefined])[] = [
    ['', figures?.overall],
    ...routes.map((route) => [route.name, route] as const),
  ];
  const open = text('open', 'Deployments that have not ended.', [`${prefix}open ${figures?.open ?? 'NaN'}`]);
  const others = families.map(({ name, help, samples }) =>
    text(
      name,
      help,
      rows.flatMap(([route, summary]) =>
        samples(summary).map(([labels, value]) => {
          const all = [`route="${escaped(route)}"`, ...(labels === '' ? [] : [labels])].join(',');
          return `${prefix}${name}{${all}} ${value ?? 'NaN'}`;
        }),
      ),
    ),
  );
  return [open, ...others].join('');
}

const prefix = 'api_gateway_delivery_';

function family(
  name: string,
  help: string,
  value: (summary: DeliverySummary | undefined) => number | null | undefined,
): Family {
  return { name, help, samples: (summary) => [['', value(summary)]] };
}

function durationFamily(name: string, help: string, key: 'leadTime' | 'timeToRecover' | 'working' | 'waiting'): Family {
  return {
    name,
    help,
    samples: (summary) => [
      ['quantile="0.5"', summary?.[key]?.median],
      ['quantile="0.9"', summary?.[key]?.p90],
    ],
  };
}

function text(name: string, help: string, samples: readonly string[]): string {
  return `# HELP ${prefix}${name} ${help}\n# TYPE ${prefix}${name} gauge\n${samples.join('\n')}\n`;
}

function endedOf({ completed, rolledBack, failed, cancelled }: DeliverySummary): number {
  return completed + rolledBack + failed + cancelled;
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
