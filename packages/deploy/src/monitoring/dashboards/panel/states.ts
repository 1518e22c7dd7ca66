import type { GrafanaMapping } from '../grafana-model.ts';

/** The name and the colour of a value. */
export interface State {
  readonly value: number;
  readonly text: string;
  readonly color: 'green' | 'orange' | 'red';
}

/** As `api_gateway_circuit_breaker_state` counts them. */
export const breakerStates: readonly State[] = [
  { value: 0, text: 'closed', color: 'green' },
  { value: 1, text: 'open', color: 'red' },
  { value: 2, text: 'half-open', color: 'orange' },
];

/** Names for the values 1 and 0. */
export function yesNo(yes: string, no: string): readonly State[] {
  return [
    { value: 1, text: yes, color: 'green' },
    { value: 0, text: no, color: 'red' },
  ];
}

export function mappingOf(states: readonly State[]): readonly GrafanaMapping[] {
  if (states.length === 0) return [];
  const options = Object.fromEntries(states.map(({ value, text, color }, index) => [value, { text, color, index }]));
  return [{ type: 'value', options }];
}
