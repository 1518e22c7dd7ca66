import type { HistogramValues, Labels, MetricExemplar, MetricFamily, MetricWriter } from '../metric-text.ts';
import { appendAttributes } from './encode-span.ts';
import { ProtoWriter } from './proto-writer.ts';

/** Metrics that were encoded, and how many points they have. */
export interface MetricChunk {
  readonly bytes: Uint8Array;
  readonly points: number;
}

export interface MetricTimes {
  /** When the counters began at 0, in milliseconds since 1970. */
  readonly start: number;
  /** When the values were read. */
  readonly now: number;
}

/** A chunk ends with the first point beyond this size: a few of them fit into a request. */
const fullChunk = 256 * 1024;
/** Units by UCUM (https://ucum.org), as OpenTelemetry wants them. */
const units: Readonly<Record<string, string>> = { seconds: 's', bytes: 'By', ratio: '1' };
/** The values count from the start on. */
const cumulative = 2;

/** Fields of a `Metric`: which kind of data it has. */
const dataFields = { gauge: 5, counter: 7, histogram: 9 } as const;

/** A metric that is not complete, and where it and its data begin. */
interface OpenMetric {
  readonly family: MetricFamily;
  readonly metric: number;
  readonly data: number;
}

/**
 * Metrics as OTLP has them (opentelemetry-proto 1.x): each as field 2 of a `ScopeMetrics`, so that chunks of them go out as they
 * are. A metric with many points is divided among chunks.
 */
export class OtlpMetrics implements MetricWriter {
  readonly #times: MetricTimes;
  readonly #writer = new ProtoWriter(fullChunk);
  readonly #chunks: MetricChunk[] = [];
  #points = 0;
  /** The metric that points are added to. */
  #open: OpenMetric | undefined;

  constructor(times: MetricTimes) {
    this.#times = times;
  }

  family<Label extends string>(
    family: MetricFamily<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, value: number) => void {
    this.#end();
    return (labels, value) => {
      // Without data there is nothing to say.
      if (Number.isNaN(value)) return;
      this.#add(family, () => this.#number(labels, value));
    };
  }

  histogram<Label extends string>(
    family: MetricFamily<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, values: HistogramValues) => void {
    this.#end();
    return (labels, values) => this.#add(family, () => this.#distribution(labels, values));
  }

  single(family: MetricFamily<never>, value: number): void {
    this.family(family)({}, value);
  }

  /** All that was written. */
  take(): readonly MetricChunk[] {
    this.#end();
    this.#finishChunk();
    return this.#chunks.splice(0);
  }

  #add(family: MetricFamily, writePoint: () => void): void {
    this.#open ??= this.#begin(family);
    const point = this.#writer.begin(1);
    writePoint();
    this.#writer.end(point);
    this.#points++;
    if (this.#writer.length < fullChunk) return;
    this.#end();
    this.#finishChunk();
  }

  #begin(family: MetricFamily): OpenMetric {
    const { name, type, unit, help } = family;
    const to = this.#writer;
    const metric = to.begin(2);
    to.string(1, name);
    to.string(2, help);
    if (unit !== undefined) to.string(3, units[unit] ?? unit);
    return { family, metric, data: to.begin(dataFields[type]) };
  }

  #end(): void {
    if (this.#open === undefined) return;
    const { family, metric, data } = this.#open;
    this.#open = undefined;
    if (family.type !== 'gauge') this.#writer.integer(2, cumulative);
    if (family.type === 'counter') this.#writer.integer(3, 1);
    this.#writer.end(data);
    this.#writer.end(metric);
  }

  #finishChunk(): void {
    if (this.#points === 0) return;
    this.#chunks.push({ bytes: this.#writer.take(), points: this.#points });
    this.#points = 0;
  }

  #number(labels: Labels, value: number): void {
    const to = this.#writer;
    to.time(2, this.#times.start);
    to.time(3, this.#times.now);
    to.double(4, value);
    appendAttributes(to, 7, labels);
  }

  #distribution(labels: Labels, { bounds, cumulative: upTo, count, sum, exemplars }: HistogramValues): void {
    const to = this.#writer;
    to.time(2, this.#times.start);
    to.time(3, this.#times.now);
    to.fixed64(4, count);
    to.double(5, sum);
    let below = 0;
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      const upper = bucket === bounds.length ? count : upTo[bucket];
      to.fixed64(6, upper - below);
      below = upper;
    }
    for (const bound of bounds) to.double(7, bound);
    for (const exemplar of exemplars?.() ?? []) if (exemplar !== undefined) this.#exemplar(exemplar);
    appendAttributes(to, 9, labels);
  }

  #exemplar({ traceId, value, at }: MetricExemplar): void {
    const to = this.#writer;
    const start = to.begin(8);
    to.time(2, at);
    to.double(3, value);
    to.hex(5, traceId);
    to.end(start);
  }
}
