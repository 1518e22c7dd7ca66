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

/** A measurement whose trace can be looked up. */
export interface MetricExemplar {
  readonly traceId: string;
  /** In the unit of the metric. */
  readonly value: number;
  /** When it was measured, in milliseconds since 1970. */
  readonly at: number;
}

/** A histogram with its cumulative buckets; the last one, without a bound, is the count. */
export interface HistogramValues {
  /** Upper bounds in the unit of the metric, ascending. */
  readonly bounds: readonly number[];
  /** How many are at most each bound. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sum: number;
  /** For each bucket, the one without a bound last: undefined without an exemplar. Asked only by formats that have exemplars. */
  readonly exemplars?: (() => readonly (MetricExemplar | undefined)[]) | undefined;
}

type AddSample<Label extends string, Value> = (labels: Readonly<Record<Label, string | number>>, value: Value) => void;

/** Takes the metrics of a process, one family after the other. */
export interface MetricWriter {
  /** Begins a counter or a gauge. What is returned adds a sample to it, until the next family begins. */
  family<Label extends string>(family: MetricFamily<Label>): AddSample<Label, number>;
  /** The same for a histogram. */
  histogram<Label extends string>(family: MetricFamily<Label>): AddSample<Label, HistogramValues>;
  /** A metric without labels. */
  single(family: MetricFamily<never>, value: number): void;
}

/** Prometheus text 0.0.4, or OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). */
export type MetricFormat = 'prometheus' | 'openmetrics';

/** Metrics as text. perf: a text of 1,000 routes has 80,000 lines; bench: packages/gateway/src/observe/write-metrics.bench.ts. */
export class MetricText implements MetricWriter {
  readonly #format: MetricFormat;
  #text = '';

  constructor(format: MetricFormat) {
    this.#format = format;
  }

  family<Label extends string>(family: MetricFamily<Label>): AddSample<Label, number> {
    this.#begin(family);
    const { name } = family;
    return (labels, value) => {
      this.#text += `${name}${formatLabels(labels)} ${formatNumber(value)}\n`;
    };
  }

  histogram<Label extends string>(family: MetricFamily<Label>): AddSample<Label, HistogramValues> {
    this.#begin(family);
    const { name } = family;
    const hasExemplars = this.#format === 'openmetrics';
    return (labels, { bounds, cumulative, count, sum, exemplars }) => {
      const shown = formatLabels(labels);
      const bucket = `${name}_bucket${shown === '' ? '{' : `${shown.slice(0, -1)},`}le="`;
      const found = (hasExemplars && exemplars?.()) || [];
      let text = '';
      for (let index = 0; index < bounds.length; index++)
        text += `${bucket}${bounds[index]}"} ${cumulative[index]}${formatExemplar(found[index])}\n`;
      text += `${bucket}+Inf"} ${count}${formatExemplar(found[bounds.length])}\n`;
      this.#text += `${text}${name}_sum${shown} ${formatNumber(sum)}\n${name}_count${shown} ${count}\n`;
    };
  }

  single(family: MetricFamily<never>, value: number): void {
    this.family(family)({}, value);
  }

  /** Everything collected. */
  toString(): string {
    return this.#format === 'openmetrics' ? `${this.#text}# EOF\n` : this.#text;
  }

  #begin({ name, type, unit, help }: MetricFamily): void {
    if (this.#format === 'prometheus') {
      this.#text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
      return;
    }
    // There the samples of a counter end in _total, and its family does not.
    const family = type === 'counter' ? name.replace(/_total$/, '') : name;
    this.#text += `# TYPE ${family} ${type}\n`;
    if (unit !== undefined) this.#text += `# UNIT ${family} ${unit}\n`;
    this.#text += `# HELP ${family} ${escapeHelp(help).replaceAll('"', String.raw`\"`)}\n`;
  }
}

function formatExemplar(exemplar: MetricExemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, value, at } = exemplar;
  return ` # ${formatLabels({ trace_id: traceId })} ${formatNumber(value)} ${at / 1000}`;
}

/** The media types of the formats. */
export const metricTypes: Readonly<Record<MetricFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The format that a client would rather have, going by its `Accept` (RFC 9110 §12.5.1). */
export function preferredFormat(accept: string): MetricFormat {
  const wishes = accept.split(',').map((wish) => {
    const [type, ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  const best = (...types: readonly string[]): number =>
    Math.max(0, ...wishes.filter(({ type }) => types.includes(type)).map(({ quality }) => quality || 0));
  const open = best('application/openmetrics-text');
  return open > 0 && open >= best('text/plain', 'text/*') ? 'openmetrics' : 'prometheus';
}

/** What a part of the process measures, as text. */
export function metricText(part: MeasuredPart, format: MetricFormat = 'prometheus'): string {
  const text = new MetricText(format);
  part.writeMetrics(text);
  return text.toString();
}

/** A part of the process that has metrics. */
export interface MeasuredPart {
  writeMetrics(to: MetricWriter): void;
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
