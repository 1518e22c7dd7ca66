import { formatLabels } from '@sluice/service';
import type { FormattedLabels, Labels } from '@sluice/service';
import type { CounterSeries } from './counter-series.ts';

/** Series by family, then by their labels as they are written. */
export type SeriesByFamily = Map<string, Map<FormattedLabels, CounterSeries>>;

/** A slot that is about to be wiped: its labels and its series. */
export interface Retiring {
  readonly labels: Labels;
  readonly series: readonly CounterSeries[];
}

/**
 * The counters of slots that others have by now. Metrics go on showing them, and whatever comes back under the same labels
 * goes on from there: a counter that goes down would be read as a restart, and so would a sum that loses a part.
 *
 * Names come and go for as long as a node runs, so beyond a limit what has been gone for longest is added up under empty
 * names: sums stay right.
 */
export class RetiredCounters {
  readonly #mostSeries: number;
  /** By owner, in the order of the last addition. */
  readonly #owners = new Map<FormattedLabels, SeriesByFamily>();
  readonly #folded: SeriesByFamily = new Map();
  #size = 0;

  constructor(mostSeries = 10_000) {
    this.#mostSeries = mostSeries;
  }

  /** Adds what is about to be wiped. The owners that `living` returns are never folded into others. */
  retire(retiring: Iterable<Retiring>, living: () => Iterable<Labels>): void {
    for (const { labels, series } of retiring) {
      if (series.length === 0) continue;
      const owner = formatLabels(labels);
      const own: SeriesByFamily = this.#owners.get(owner) ?? new Map();
      this.#owners.delete(owner);
      this.#owners.set(owner, own);
      for (const one of series) if (addTo(own, one, formatLabels(one.labels))) this.#size++;
    }
    if (this.#size > this.#mostSeries) this.#fold(new Set(Array.from(living(), formatLabels)));
  }

  /** Everything that was retired, and what `others` counted besides. The caller's own. */
  and(others: Iterable<CounterSeries>): SeriesByFamily {
    const all: SeriesByFamily = new Map();
    for (const part of [...this.#owners.values(), this.#folded]) {
      for (const [key, one] of seriesIn(part)) addTo(all, one, key);
    }
    for (const one of others) addTo(all, one, formatLabels(one.labels));
    return all;
  }

  #fold(living: ReadonlySet<FormattedLabels>): void {
    for (const [owner, own] of this.#owners) {
      if (this.#size <= this.#mostSeries) return;
      if (living.has(owner)) continue;
      this.#owners.delete(owner);
      for (const [, one] of seriesIn(own)) {
        const labels = withoutNames(one.labels);
        this.#size--;
        addTo(this.#folded, { ...one, labels }, formatLabels(labels));
      }
    }
  }
}

/** Says whether the series is new. */
function addTo(to: SeriesByFamily, one: CounterSeries, key: FormattedLabels): boolean {
  const known = to.get(one.family) ?? new Map<FormattedLabels, CounterSeries>();
  to.set(one.family, known);
  const before = known.get(key);
  known.set(key, before === undefined ? one : { ...one, values: sumOf(one.values, before.values) });
  return before === undefined;
}

/** Adds up two counters, or two histograms. */
export function sumOf(values: readonly number[], others: readonly number[] | undefined): readonly number[] {
  return others === undefined ? values : values.map((value, index) => value + others[index]);
}

function* seriesIn(families: SeriesByFamily): Generator<[FormattedLabels, CounterSeries]> {
  for (const family of families.values()) yield* family;
}

function withoutNames(labels: Labels): Labels {
  return { ...labels, route: '', ...('backend' in labels && { backend: '' }) };
}
