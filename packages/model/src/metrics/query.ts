/** PromQL that can name only metrics that are declared, and only labels that they have. */
import type { Metric } from './metric.ts';

/** A PromQL expression (https://prometheus.io/docs/prometheus/latest/querying/basics/) whose series have these labels. */
export interface Query<Label extends string = string> {
  readonly promql: string;
  /** The labels of its series, besides those that every scrape adds. */
  readonly labels: readonly Label[];
  /** What its values are measured in. */
  readonly unit: QueryUnit;
}

/** What the declaration of a metric says, or a count; a rate is that in each second. */
export interface QueryUnit {
  readonly of: NonNullable<Metric['unit']> | 'count';
  readonly perSecond: boolean;
}

/** What Prometheus adds to every series of a process. */
export type ScrapeLabel = 'instance' | 'job';

/** Chooses series by one label: equal to a text, or by one of PromQL's other comparisons. */
export type Match =
  | string
  | { readonly not: string }
  | { readonly matching: string }
  | { readonly notMatching: string };

/** A time as PromQL writes it, or a variable of Grafana. */
export type Period = `${number}${'s' | 'm' | 'h' | 'd'}` | '$__rate_interval' | '$__range';

type LabelOf<M extends Metric> = M['labels'][number];
type Where<Label extends string> = { readonly [Name in Label | ScrapeLabel]?: Match };
type Counter = Metric & { readonly type: 'counter' };
type Gauge = Metric & { readonly type: 'gauge' };
type Histogram = Metric & { readonly type: 'histogram' };

/** The present value of a gauge. */
export function current<M extends Gauge>(metric: M, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return query(selector(metric.name, where), metric);
}

/** What a counter has come to since its process started. */
export function total<M extends Counter>(metric: M, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return query(selector(metric.name, where), metric);
}

/** What a counter grew by in each second, over a period. */
export function rate<M extends Counter>(metric: M, over: Period, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return perSecond(query(`rate(${selector(metric.name, where)}[${over}])`, metric));
}

/** What a counter grew by within a period. */
export function increase<M extends Counter>(metric: M, over: Period, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return query(`increase(${selector(metric.name, where)}[${over}])`, metric);
}

/** Observations of a histogram in each second. */
export function countRate<M extends Histogram>(
  metric: M,
  over: Period,
  where: Where<LabelOf<M>> = {},
): Query<LabelOf<M>> {
  return perSecond({ ...query(`rate(${selector(`${metric.name}_count`, where)}[${over}])`, metric), unit: count });
}

/** The sum of what a histogram observed in each second. */
export function sumRate<M extends Histogram>(
  metric: M,
  over: Period,
  where: Where<LabelOf<M>> = {},
): Query<LabelOf<M>> {
  return perSecond(query(`rate(${selector(`${metric.name}_sum`, where)}[${over}])`, metric));
}

/** Observations of a histogram in each second that were at most `bound`, which has to be a bound of its buckets. */
export function countRateUpTo<M extends Histogram>(
  bound: number,
  metric: M,
  over: Period,
  where: Where<LabelOf<M>> = {},
): Query<LabelOf<M>> {
  const buckets = selector(`${metric.name}_bucket`, { ...where, le: String(bound) });
  return perSecond({ ...query(`rate(${buckets}[${over}])`, metric), unit: count });
}

/** Observations of a histogram within a period, for each bucket: what a heatmap is drawn from. */
export function bucketIncreases<M extends Histogram>(
  metric: M,
  over: Period,
  where: Where<LabelOf<M>> = {},
): Query<'le'> {
  return {
    promql: `sum by (le) (increase(${selector(`${metric.name}_bucket`, where)}[${over}]))`,
    labels: ['le'],
    unit: count,
  };
}

/** A quantile (0..1) of what a histogram observed, for each combination of the labels in `by`. */
export function quantile<M extends Histogram, Label extends LabelOf<M> | ScrapeLabel = never>(
  share: number,
  metric: M,
  over: Period,
  { by = [], where = {} }: { readonly by?: readonly Label[]; readonly where?: Where<LabelOf<M>> } = {},
): Query<Label> {
  const buckets = `rate(${selector(`${metric.name}_bucket`, where)}[${over}])`;
  const promql = `histogram_quantile(${share}, sum by (${[...by, 'le'].join(', ')}) (${buckets}))`;
  return { promql, labels: by, unit: unitOf(metric) };
}

type Aggregation = 'sum' | 'max' | 'min' | 'avg' | 'count';

/** One series for each combination of the labels in `by`. */
export function aggregate<Label extends string, Kept extends Label | ScrapeLabel = never>(
  aggregation: Aggregation,
  { promql, unit }: Query<Label>,
  by: readonly Kept[] = [],
): Query<Kept> {
  const grouping = by.length === 0 ? '' : ` by (${by.join(', ')})`;
  return {
    promql: `${aggregation}${grouping} (${promql})`,
    labels: by,
    unit: aggregation === 'count' ? count : unit,
  };
}

/** The `greatest` series with the greatest values. */
export function top<Label extends string>(greatest: number, all: Query<Label>): Query<Label> {
  return { ...all, promql: `topk(${greatest}, ${all.promql})` };
}

/** The highest or the lowest value of a gauge within a period. */
export function extreme<Label extends string>(
  which: 'max' | 'min',
  metric: Gauge & { readonly labels: readonly Label[] },
  over: Period,
  where: Where<Label> = {},
): Query<Label> {
  const promql = `${which}_over_time(${selector(metric.name, where)}[${over}])`;
  return { promql, labels: metric.labels, unit: unitOf(metric) };
}

/** The mean value of a gauge within a period. */
export function average<M extends Gauge>(metric: M, over: Period, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return query(`avg_over_time(${selector(metric.name, where)}[${over}])`, metric);
}

/** How often a counter began anew within a period. */
export function resets<M extends Counter>(metric: M, over: Period, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return { ...query(`resets(${selector(metric.name, where)}[${over}])`, metric), unit: count };
}

/** 1 where a query has no series at all. */
export function absent({ promql }: Query): Query<never> {
  return { promql: `absent(${promql})`, labels: [], unit: count };
}

/** The value of a query without labels, to compare series of any labels with; nothing compares with it where there is none. */
export function scalar({ promql, unit }: Query<never>): Query<never> {
  return { promql: `scalar(${promql})`, labels: [], unit };
}

/** How long it is until a time in seconds since 1970; below 0 when it has passed. */
export function secondsUntil<Label extends string>({ promql, labels, unit }: Query<Label>): Query<Label> {
  return { promql: `(${promql}) - time()`, labels, unit };
}

/** How often a gauge took another value within a period. */
export function changes<M extends Gauge>(metric: M, over: Period, where: Where<LabelOf<M>> = {}): Query<LabelOf<M>> {
  return { ...query(`changes(${selector(metric.name, where)}[${over}])`, metric), unit: count };
}

/** 0 where a query without labels has no series. */
export function orZero({ promql, unit }: Query<never>): Query<never> {
  return { promql: `(${promql}) or vector(0)`, labels: [], unit };
}

type Operator = '+' | '-' | '*' | '/' | '>' | '>=' | '<' | '<=' | '==' | '!=' | 'and' | 'or' | 'unless';

/** Two expressions with the same labels, or an expression and a number, joined by an operator. */
export function combine<Label extends string>(
  left: Query<Label>,
  operator: Operator,
  right: Query<NoInfer<Label>> | number,
): Query<Label> {
  const second = typeof right === 'number' ? String(right) : `(${right.promql})`;
  const unit = operator === '/' && typeof right !== 'number' ? quotient(left.unit, right.unit) : left.unit;
  return { promql: `(${left.promql}) ${operator} ${second}`, labels: left.labels, unit };
}

const count: QueryUnit = { of: 'count', perSecond: false };

function unitOf({ unit }: Metric): QueryUnit {
  return { of: unit ?? 'count', perSecond: false };
}

/** Seconds by seconds is a ratio; seconds by a count are seconds. */
function quotient(left: QueryUnit, right: QueryUnit): QueryUnit {
  if (left.of === right.of && left.perSecond === right.perSecond) return { of: 'ratio', perSecond: false };
  return { of: left.of, perSecond: left.perSecond && !right.perSecond };
}

function perSecond<Label extends string>(grown: Query<Label>): Query<Label> {
  return { ...grown, unit: { ...grown.unit, perSecond: true } };
}

function query<M extends Metric>(promql: string, metric: M): Query<LabelOf<M>> {
  return { promql, labels: metric.labels, unit: unitOf(metric) };
}

function selector(name: string, where: Readonly<Record<string, Match | undefined>>): string {
  const matchers = Object.entries(where).flatMap(([label, match]) =>
    match === undefined ? [] : [`${label}${matcher(match)}`],
  );
  return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`;
}

function matcher(match: Match): string {
  if (typeof match === 'string') return `=${quote(match)}`;
  if ('not' in match) return `!=${quote(match.not)}`;
  return 'matching' in match ? `=~${quote(match.matching)}` : `!~${quote(match.notMatching)}`;
}

/** A string of PromQL, which escapes as Go does. */
function quote(text: string): string {
  return JSON.stringify(text);
}
