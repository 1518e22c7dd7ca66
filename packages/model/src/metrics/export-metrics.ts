import type { Metric } from './metric.ts';

/** What a process sends to a collector by OTLP. */
export const exportMetrics = {
  sent: {
    name: 'api_gateway_otlp_sent_total',
    type: 'counter',
    labels: ['signal'],
    help: 'Spans (signal traces) or points of metrics (signal metrics) that the collector took.',
  },
  dropped: {
    name: 'api_gateway_otlp_dropped_total',
    type: 'counter',
    labels: ['signal', 'reason'],
    help: 'Spans or points of metrics that were dropped: queueFull, refused, expired, stopped or busy.',
    note: '[Tracing](tracing.md#when-the-collector-is-away) explains the reasons.',
  },
  failures: {
    name: 'api_gateway_otlp_failures_total',
    type: 'counter',
    labels: ['signal'],
    help: 'Requests to the collector that did not arrive or were refused.',
  },
  queueBytes: {
    name: 'api_gateway_otlp_queue_bytes',
    type: 'gauge',
    labels: ['signal'],
    unit: 'bytes',
    help: 'Spans or metrics that wait for the collector, or are on their way.',
  },
} as const satisfies Record<string, Metric>;
