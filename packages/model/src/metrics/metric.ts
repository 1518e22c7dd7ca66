/** A metric as it is declared. Its text, its documentation, and the queries of dashboards and alerts come from here. */
export interface Metric {
  /** As Prometheus writes it: with the unit, and with `_total` at the end of a counter. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** What the value is measured in, as the name says it; absent for plain counts and states. */
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
  /** What it means, in one plain sentence. */
  readonly help: string;
  /** What else users need to know, in Markdown. */
  readonly note?: string;
}

/** Metrics that stand together in the documentation. */
export interface MetricGroup {
  readonly title: string;
  /** When they are there, and what they have in common, in Markdown. */
  readonly about: string;
  readonly metrics: readonly Metric[];
}
