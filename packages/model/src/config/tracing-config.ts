import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { httpAddress } from '../values/http-address.ts';
import { editableHeaderName, headerValue } from '../values/text.ts';

/** How OTLP is sent to a collector, apart from its address. */
export const otlpSending = {
  protocol: z
    .enum(['http/protobuf', 'grpc'])
    .default('http/protobuf')
    .describe('How OTLP is sent: http/protobuf, usually to port 4318, or grpc, usually to port 4317.'),
  headers: z
    .record(editableHeaderName, headerValue)
    .refine((fields) => Object.keys(fields).length <= 20, { error: 'expected at most 20 headers' })
    .optional()
    .meta({ secret: true })
    .describe('Headers of every request to the collector, such as the token that it wants.'),
  compression: z
    .enum(['none', 'gzip'])
    .default('none')
    .describe('gzip: a tenth of the bytes, for more CPU time in the main thread.'),
};

/** What decides which requests are traced. A route may decide otherwise than the rest. */
const sampling = {
  sampleRate: z.number().min(0).max(1),
  alwaysSampleErrors: z.boolean(),
  slowerThan: duration(1),
};

/** Schema of tracing, for the whole gateway. */
export const tracingConfig = z
  .strictObject({
    otlpUrl: httpAddress('http://127.0.0.1:4318')
      .default('http://127.0.0.1:4318')
      .describe('Address of what takes the traces by OTLP: an OpenTelemetry Collector, Jaeger, or another.'),
    ...otlpSending,
    sampleRate: sampling.sampleRate
      .default(0.1)
      .describe('Share of the traces that is kept. The trace id decides, so that all nodes keep the same ones.'),
    alwaysSampleErrors: sampling.alwaysSampleErrors
      .default(true)
      .describe('Keep every request that the gateway or a backend failed, whatever the share.'),
    slowerThan: sampling.slowerThan
      .optional()
      .describe('Keep every request that takes longer than this, whatever the share. WebSockets do not count.'),
    trustSampling: z
      .enum(['trustedProxies', 'everyone', 'nobody'])
      .default('trustedProxies')
      .describe(
        'Whose decision to keep a trace is followed: that of the peers in proxy.trustedProxies, of everyone, or of nobody. The traces of all others are continued, and the share decides.',
      ),
  })
  .describe('Traces of requests, sent by OTLP. Without this key nothing is traced.');

/** Schema of what a route has otherwise than the whole gateway. */
export const routeTracing = z
  .strictObject({
    isEnabled: z
      .boolean()
      .default(true)
      .describe('false: the route is not traced, and its backends get the trace headers as they came.'),
    sampleRate: sampling.sampleRate
      .optional()
      .describe('Share of the traces that is kept; replaces tracing.sampleRate.'),
    alwaysSampleErrors: sampling.alwaysSampleErrors
      .optional()
      .describe('Keep every request that failed; replaces tracing.alwaysSampleErrors.'),
    slowerThan: sampling.slowerThan
      .optional()
      .describe('Keep every request that takes longer; replaces tracing.slowerThan.'),
  })
  .describe('How the route is traced, where that differs from the rest. It takes effect once tracing is on.');

/** Tracing of the whole gateway; `slowerThan` in milliseconds. */
export type TracingConfig = z.output<typeof tracingConfig>;
/** What a route has otherwise; `slowerThan` in milliseconds. */
export type RouteTracingConfig = z.output<typeof routeTracing>;
