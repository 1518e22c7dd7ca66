import type { Query, QueryUnit } from '@sluice/model/metrics';
import type { GrafanaFieldConfig, GrafanaPanel, GrafanaTarget, GrafanaThresholds } from './grafana-model.ts';
import { prometheusSource } from './variables.ts';

/** A panel that has no place yet. Of the 24 columns of a dashboard it takes `width`. */
export interface UnplacedPanel extends Omit<GrafanaPanel, 'id' | 'gridPos'> {
  readonly width: number;
  readonly height: number;
}

/** A query, and what the legend says before the labels of its series. */
export interface Line {
  readonly query: Query;
  readonly name?: string;
}

/** What panels of every kind are made from. */
export interface PanelOptions {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly about: string;
  readonly lines: readonly Line[];
  readonly width?: number;
  /** Where a value is bad; where there is an alert, this is where it begins. */
  readonly limit?: number;
  /** Takes the place of the unit of the queries, where Grafana has a closer one. */
  readonly unit?: 'reqps' | 'percent' | 'none' | 'dateTimeFromNow';
}

/** The parts that panels of every kind have. */
export function panelParts({ title, about, lines }: PanelOptions) {
  return { title, description: about, datasource: prometheusSource, targets: lines.map(target) };
}

/** Fields with the unit of the queries and, unless told otherwise, a colour for each series. */
export function fieldConfig(
  { title, lines, limit, unit }: PanelOptions,
  defaults: Partial<GrafanaFieldConfig['defaults']>,
): GrafanaFieldConfig {
  const [measured, ...others] = new Set(lines.map(({ query }) => grafanaUnit(query.unit)));
  if (others.length > 0) throw new Error(`the lines of "${title}" have different units`);
  return {
    defaults: {
      unit: unit ?? measured,
      color: { mode: 'palette-classic' },
      thresholds: thresholdsAt(limit),
      mappings: [],
      custom: {},
      ...defaults,
    },
    overrides: [],
  };
}

/** Red from the limit on; with `badBelow`, red up to it. */
export function thresholdsAt(limit: number | undefined, badBelow = false): GrafanaThresholds {
  const [first, second] = badBelow ? ['red', 'green'] : ['green', 'red'];
  if (limit === undefined) return { mode: 'absolute', steps: [{ color: 'green', value: null }] };
  return {
    mode: 'absolute',
    steps: [
      { color: first, value: null },
      { color: second, value: limit },
    ],
  };
}

function target({ query, name = '' }: Line, index: number): GrafanaTarget {
  const labels = query.labels.map((label) => `{{${label}}}`);
  return {
    refId: String.fromCodePoint('A'.codePointAt(0)! + index),
    expr: query.promql,
    // The text of Grafana for the name and all labels of a series; it is for panels whose title says it all.
    legendFormat: [name, ...labels].filter((part) => part !== '').join(' ') || '__auto',
    format: 'time_series',
    instant: false,
    range: true,
    exemplar: false,
  };
}

/** The identifiers of units are those of Grafana (grafana-data/src/valueFormats/categories.ts). */
function grafanaUnit({ of, perSecond }: QueryUnit): string {
  const units = {
    count: ['short', 'ops'],
    bytes: ['bytes', 'binBps'],
    // Seconds in each second are a share of one CPU, or how many run at the same time.
    seconds: ['s', 'percentunit'],
    ratio: ['percentunit', 'percentunit'],
  } as const;
  return units[of][Number(perSecond)];
}
