import type { Query } from '@sluice/model/metrics';
import type { PanelOptions, UnplacedPanel } from '../panel.ts';
import { fieldConfig, panelParts } from '../panel.ts';

interface HeatmapOptions extends Omit<PanelOptions, 'lines' | 'limit'> {
  readonly buckets: Query<'le'>;
  /** What the bounds of the buckets are measured in. */
  readonly bounds: 's' | 'bytes';
  readonly repeat?: string;
}

/** How many observations fell into each bucket over time; the bucket stands on the axis. */
export function heatmap({ buckets, bounds, ...rest }: HeatmapOptions): UnplacedPanel {
  const options = { ...rest, lines: [{ query: buckets }] };
  const { width = 8, repeat } = options;
  const parts = panelParts(options);
  return {
    ...parts,
    // Grafana subtracts each bucket from the next in this format.
    targets: parts.targets.map((target) => ({ ...target, format: 'heatmap', exemplar: true })),
    type: 'heatmap',
    width,
    height: 8,
    fieldConfig: fieldConfig(options, { custom: { scaleDistribution: { type: 'linear' } } }),
    options: {
      calculate: false,
      cellGap: 1,
      cellValues: { unit: 'short' },
      color: { mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', exponent: 0.5, steps: 64, reverse: false },
      exemplars: { color: 'rgba(255,0,255,0.7)' },
      // Buckets that nothing fell into stay empty.
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      tooltip: { mode: 'single', yHistogram: false, showColorScale: true },
      yAxis: { axisPlacement: 'left', unit: bounds, reverse: false },
    },
    ...(repeat !== undefined && { repeat, repeatDirection: 'h', maxPerRow: 2 }),
  };
}
