import type { TracingConfig } from '../config/tracing-config.ts';
import type { Problem } from '../values/problem.ts';

/** The port that each protocol usually has, by the specification of OTLP. */
const usualPorts = { 'http/protobuf': '4318', grpc: '4317' } as const;

/** An address with the usual port of the other protocol, which will hardly answer this one. */
export function tracingWarnings(tracing: Pick<TracingConfig, 'otlpUrl' | 'protocol'> | undefined): Problem[] {
  if (tracing === undefined) return [];
  const { protocol, otlpUrl } = tracing;
  const [other, own] =
    protocol === 'grpc' ? (['http/protobuf', 'grpc'] as const) : (['grpc', 'http/protobuf'] as const);
  if (new URL(otlpUrl).port !== usualPorts[other]) return [];
  const message = `${usualPorts[other]} is the usual port of OTLP over ${other}; ${own} is usually on ${usualPorts[own]}`;
  return [{ path: ['tracing', 'otlpUrl'], message }];
}
