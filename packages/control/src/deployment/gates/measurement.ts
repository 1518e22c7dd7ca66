import type { GateConfig, PrometheusConfig } from '@sluice/model';
import type { OutgoingContext } from '@sluice/service';
import type { GateResult } from './gate-result.ts';

/** The result of measuring a gate once. */
export type Measurement = Pick<GateResult, 'result' | 'value' | 'explanation'>;

export interface MeasureContext extends OutgoingContext {
  readonly prometheus?: PrometheusConfig | undefined;
  /** Aborts the measurement. */
  readonly signal: AbortSignal;
}

/** A gate that asks Prometheus. */
export type PrometheusGate = Extract<GateConfig, { type: 'prometheus' }>;

/** A gate that asks any server. */
export type HttpGate = Extract<GateConfig, { type: 'http' }>;

/** The result without a measurement. `why` completes a sentence. */
export function noData({ name }: GateConfig, why: string): Measurement {
  return { result: 'noData', explanation: `Gate "${name}" has no data: ${why}.` };
}
