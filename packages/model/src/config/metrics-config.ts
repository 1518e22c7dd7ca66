import { z } from 'zod';

/** Schema of how the process tells what it measures. */
export const metricsConfig = z
  .strictObject({
    exemplars: z
      .boolean()
      .default(true)
      .describe('Whether the buckets of histograms name a trace, in OpenMetrics, while requests are traced.'),
  })
  .prefault({})
  .describe('How the process tells what it measures. GET /metrics on the management port is always there.');

/** How the process tells what it measures. */
export type MetricsConfig = z.output<typeof metricsConfig>;
