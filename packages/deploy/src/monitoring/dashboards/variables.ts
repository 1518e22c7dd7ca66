import type { Query } from '@sluice/model/metrics';
import type { DataSource, GrafanaVariable } from './grafana-model.ts';

/** The Prometheus that a person chose. */
export const prometheusSource: DataSource = { type: 'prometheus', uid: '${datasource}' };

/** The choice between several Prometheus. */
export const sourceVariable: GrafanaVariable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  includeAll: false,
  multi: false,
  refresh: 1,
};

interface LabelVariable<Label extends string> {
  readonly name: string;
  readonly label: string;
  /** The series that have the label. */
  readonly of: Query<Label>;
  readonly by: Label | 'instance' | 'job';
}

/** One of the values of a label. Queries compare it by `=`. */
export function oneOf<Label extends string>({ name, label, of, by }: LabelVariable<Label>): GrafanaVariable {
  return {
    name,
    label,
    type: 'query',
    datasource: prometheusSource,
    // As Grafana asks Prometheus for the values of a label, of the series that match.
    query: `label_values(${of.promql}, ${by})`,
    includeAll: false,
    multi: false,
    refresh: 2,
    sort: 7,
  };
}

/** Any number of the values of a label, at first all. Queries compare it by `=~`. */
export function anyOf<Label extends string>({
  all,
  ...options
}: LabelVariable<Label> & {
  /** What stands for all values; without it, all values that were found, and so nothing of other programs. */
  readonly all?: '.*' | '.+';
}): GrafanaVariable {
  return {
    ...oneOf(options),
    includeAll: true,
    multi: true,
    ...(all !== undefined && { allValue: all }),
    current: { text: ['All'], value: ['$__all'] },
  };
}
