import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import type { Attributes } from '../span.ts';
import { OtlpExporter } from './exporter.ts';
import type { OtlpEndpoint, OtlpSender, OtlpSignal } from './sender.ts';

export interface OpenExporterOptions {
  readonly endpoint: OtlpEndpoint;
  readonly signal: OtlpSignal;
  readonly resource: Attributes;
  readonly version: string;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** About half a minute of 2,000 spans a second. */
const longestQueue = 32 * 1024 * 1024;

/** An exporter of spans or of metrics to a collector, which need not be there yet. */
export async function openExporter(options: OpenExporterOptions): Promise<OtlpExporter> {
  const { endpoint, signal, clock = systemClock } = options;
  const sender = await createSender(endpoint, signal, clock);
  return new OtlpExporter({ ...options, clock, sender, collector: endpoint.url, random: Math.random, longestQueue });
}

/** Opens the way to a collector; what the protocol needs is loaded only now. Nothing is connected yet. */
export async function createSender(endpoint: OtlpEndpoint, signal: OtlpSignal, clock: Clock): Promise<OtlpSender> {
  if (endpoint.protocol === 'grpc') {
    const { createGrpcSender } = await import('./grpc-sender.ts');
    return createGrpcSender(endpoint, signal);
  }
  const { createHttpSender } = await import('./http-sender.ts');
  return createHttpSender(endpoint, signal, clock);
}
