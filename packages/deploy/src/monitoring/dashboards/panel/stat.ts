import type { PanelOptions, UnplacedPanel } from '../panel.ts';
import { fieldConfig, panelParts, thresholdsAt } from '../panel.ts';
import type { State } from './states.ts';
import { mappingOf } from './states.ts';

interface StatOptions extends PanelOptions {
  /** Values below the limit are the bad ones. */
  readonly badBelow?: boolean;
  /** Names in the place of numbers. */
  readonly states?: readonly State[];
  /** What stands there when there is nothing to measure. */
  readonly nothing?: string;
}

/** The present value as a large number. */
export function stat(options: StatOptions): UnplacedPanel {
  const { width = 4, limit, badBelow, states = [], nothing = 'no data', lines } = options;
  const isColored = limit !== undefined || states.length > 0;
  const isNamed = lines.some(({ query, name }) => name !== undefined || query.labels.length > 0);
  return {
    ...panelParts(options),
    type: 'stat',
    width,
    height: 4,
    fieldConfig: fieldConfig(options, {
      noValue: nothing,
      color: { mode: 'thresholds' },
      thresholds: thresholdsAt(limit, badBelow),
      mappings: mappingOf(states),
    }),
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      orientation: 'auto',
      colorMode: isColored ? 'value' : 'none',
      graphMode: states.length > 0 ? 'none' : 'area',
      justifyMode: 'auto',
      textMode: isNamed ? 'value_and_name' : 'auto',
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: 'standard',
    },
  };
}
