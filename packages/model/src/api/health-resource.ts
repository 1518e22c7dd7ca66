import { z } from 'zod';
import { revisionNumber, timestamp } from './fields.ts';

/** Schema of the health of this process. */
export const healthResource = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']).describe('degraded serves, but something needs attention.'),
    ready: z.boolean(),
    version: z.string(),
    revision: revisionNumber.describe('The current revision of the configuration.'),
    store: z.enum(['up', 'down']),
    leading: z.boolean().optional().describe('Whether this is the control process that tidies up.'),
    timestamp,
  })
  .describe('The health of this process.');

/** Schema of the figures of the whole. */
export const metricsResource = z
  .object({
    timestamp,
    revision: revisionNumber,
    converged: z.boolean().describe('Every live node runs the current revision.'),
    nodes: z.object({ live: z.int().min(0), total: z.int().min(0) }),
    configuration: z.object({ routes: z.int().min(0), backends: z.int().min(0) }),
    load: z
      .object({
        requestsPerSecond: z.number().min(0),
        activeRequests: z.number().min(0),
        activeConnections: z.number().min(0),
        cpu: z.number().min(0),
        memoryBytes: z.number().min(0),
      })
      .describe('Of all live nodes together.'),
    requests: z
      .int()
      .min(0)
      .describe(
        'What nodes counted on all routes, as this control process heard it since it started; nodes and routes that are gone are included. It goes down only when the process restarts.',
      ),
    failures: z.int().min(0),
  })
  .describe('Figures of all nodes together; a node has more of its own at /metrics.');
