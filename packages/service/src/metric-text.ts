/** A metric that is written as text. */
export interface MetricFamily<Label extends string = string> {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly Label[];
  readonly unit?: string;
  /** What it means, in one sentence. */
  readonly help: string;
}

/** Label names and values of one sample. */
export type Labels = Readonly<Record<string, string | number>>;

/** Labels that are formatted already. */
export type FormattedLabels = string & { readonly formatted: true };

/** A histogram with its cumulative buckets; the last one, without a bound, is the count. */
export interface HistogramValues {
  /** Upper bounds in the unit of the metric, ascending. */
  readonly bounds: readonly number[];
  /** How many are at most each bound. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Collects metrics as Prometheus text, version 0.0.4. The samples of a family follow its heading. */
export class MetricText {
  readonly #lines: string[] = [];

  /** Begins a counter or a gauge. What is returned adds a sample to it. */
  family<Label extends string>(
    family: MetricFamily<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, value: number) => void {
    this.#begin(family);
    return (labels, value) => this.#sample(family.name, formatLabels(labels), value);
  }

  /** Begins a histogram. What is returned adds a series to it. */
  histogram<Label extends string>(
    family: MetricFamily<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, values: HistogramValues) => void {
    this.#begin(family);
    const { name } = family;
    return (labels, { bounds, cumulative, count, sum }) => {
      bounds.forEach((le, index) => this.#sample(`${name}_bucket`, formatLabels({ ...labels, le }), cumulative[index]));
      this.#sample(`${name}_bucket`, formatLabels({ ...labels, le: '+Inf' }), count);
      this.#sample(`${name}_sum`, formatLabels(labels), sum);
      this.#sample(`${name}_count`, formatLabels(labels), count);
    };
  }

  /** A metric without labels. */
  single(family: MetricFamily<never>, value: number): void {
    this.family(family)({}, value);
  }

  /** Everything collected. */
  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #begin({ name, type, help }: MetricFamily): void {
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: FormattedLabels, value: number): void {
    this.#lines.push(`${name}${labels} ${formatNumber(value)}`);
  }
}

/** Labels as they are written, for those that are needed several times. */
export function formatLabels(labels: Labels): FormattedLabels {
  let pairs = '';
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escapeLabel(String(labels[name]))}"`;
  return (pairs === '' ? '' : `{${pairs}}`) as FormattedLabels;
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  if (!/["\\\n]/.test(text)) return text;
  return escapeHelp(text).replaceAll('"', '\\"');
}
