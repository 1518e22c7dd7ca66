import type { PanelOptions, UnplacedPanel } from '../panel.ts';
import { fieldConfig, panelParts } from '../panel.ts';
import type { State } from './states.ts';
import { mappingOf } from './states.ts';

interface StateTimelineOptions extends PanelOptions {
  readonly states: readonly State[];
}

/** A bar for each series, with the colour of the state that it was in. */
export function stateTimeline(options: StateTimelineOptions): UnplacedPanel {
  const { width = 8, states } = options;
  return {
    ...panelParts(options),
    type: 'state-timeline',
    width,
    height: 8,
    fieldConfig: fieldConfig(options, {
      color: { mode: 'thresholds' },
      mappings: mappingOf(states),
      custom: { fillOpacity: 70, lineWidth: 0 },
    }),
    options: {
      mergeValues: true,
      showValue: 'never',
      alignValue: 'left',
      rowHeight: 0.8,
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'single', sort: 'none' },
    },
  };
}
