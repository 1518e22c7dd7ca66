import type { GateConfig, PrometheusConfig } from '@sluice/model';
import type { OutgoingContext } from '../../outgoing-request.ts';
import type { GateResult } from './gate-result.ts';

/** What one look at a gate gave. */
export type Measurement = Pick<GateResult, 'result' | 'value' | 'explanation'>;

/** What a measurement is taken with. */
export interface MeasureContext extends OutgoingContext {
  readonly prometheus?: PrometheusConfig | undefined;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** A gate that asks Prometheus. */
export type PrometheusGate = Extract<GateConfig, { type: 'prometheus' }>;

/** A gate that asks any server. */
export type HttpGate = Extract<GateConfig, { type: 'http' }>;

/** No measurement: why, as the end of a sentence. */
export function noData({ name }: GateConfig, why: string): Measurement {
  return { result: 'noData', explanation: `Gate "${name}" has no data: ${why}.` };
}
