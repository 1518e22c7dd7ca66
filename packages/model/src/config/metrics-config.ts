import { z } from 'zod';
import { httpAddress } from '../values/http-address.ts';
import { otlpSending } from './tracing-config.ts';

/** Schema of how the process tells what it measures. */
export const metricsConfig = z
  .strictObject({
    otlpUrl: httpAddress('http://127.0.0.1:4318')
      .optional()
      .describe(
        'Address of what takes the metrics by OTLP every 15 seconds. If absent, they are only there to be scraped.',
      ),
    ...otlpSending,
    exemplars: z
      .boolean()
      .default(true)
      .describe('Whether the buckets of histograms name a trace, in OpenMetrics and OTLP, while requests are traced.'),
  })
  .prefault({})
  .describe('How the process tells what it measures. GET /metrics on the management port is always there.');

/** How the process tells what it measures. */
export type MetricsConfig = z.output<typeof metricsConfig>;
