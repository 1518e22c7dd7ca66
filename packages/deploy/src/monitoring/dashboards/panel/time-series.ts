import type { PanelOptions, UnplacedPanel } from '../panel.ts';
import { fieldConfig, panelParts } from '../panel.ts';

interface TimeSeriesOptions extends PanelOptions {
  /** The series add up to something. */
  readonly stacked?: boolean;
  /** The whole of what the values are parts of. */
  readonly max?: number;
  /** The name of a variable: one panel for each of its values, side by side. */
  readonly repeat?: string;
}

/** Lines over time. */
export function timeSeries(options: TimeSeriesOptions): UnplacedPanel {
  const { width = 8, stacked = false, limit, max, repeat } = options;
  return {
    ...panelParts(options),
    type: 'timeseries',
    width,
    height: 8,
    fieldConfig: fieldConfig(options, {
      min: 0,
      ...(max !== undefined && { max }),
      custom: {
        lineWidth: 1,
        fillOpacity: stacked ? 40 : 8,
        showPoints: 'never',
        stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        thresholdsStyle: { mode: limit === undefined ? 'off' : 'dashed' },
      },
    }),
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    ...(repeat !== undefined && { repeat, repeatDirection: 'h', maxPerRow: 2 }),
  };
}
