import type { Metric } from '@sluice/model/metrics';

type Labels<M extends Pick<Metric, 'labels'>> = {
  readonly [Name in M['labels'][number] | 'instance' | 'job' | 'le']?: string;
};

/** A series as promtool names it. A label that the metric does not have does not compile. */
export function seriesOf<M extends Metric>(
  metric: M,
  labels: Labels<M>,
  suffix: '' | '_bucket' | '_count' = '',
): string {
  const all = Object.entries<string | undefined>(labels);
  return `${metric.name}${suffix}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

/** The values of a counter that grows by so much in each minute, for so many minutes, and then otherwise. */
export function growing(...parts: readonly (readonly [minutes: number, perMinute: number])[]): string {
  let from = 0;
  return parts
    .map(([minutes, perMinute]) => {
      const text = `${from}+${perMinute}x${minutes - 1}`;
      from += perMinute * minutes;
      return text;
    })
    .join(' ');
}

/** A gauge that has a value for so many minutes, and then others. */
export function constant(...parts: readonly (readonly [minutes: number, value: number])[]): string {
  return parts.map(([minutes, value]) => `${value}x${minutes - 1}`).join(' ');
}
