import { z } from 'zod';
import { backendStatistics, healthStatus } from './backend-resource.ts';
import { dependencyHealth } from '../node/dependency-health.ts';
import { backendIdField, revisionNumber, routeIdField, timestamp } from './fields.ts';

/** Schema of the health of this process. */
export const healthResource = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']).describe('degraded serves, but something needs attention.'),
    ready: z.boolean(),
    version: z.string(),
    revision: revisionNumber.describe('The current revision of the configuration.'),
    store: z.enum(['up', 'down']),
    dependencies: z
      .array(dependencyHealth)
      .describe(
        'What this process relies on, by the last check of each: everybody may read it, so it has no addresses.',
      ),
    routesConfigured: z.int().min(0).describe('Routes in the configuration.'),
    backendsTotal: z.int().min(0).describe('Backends in the configuration, shared ones and those of routes.'),
    backendsHealthy: z.int().min(0).describe('Those of them that every live node uses; 0 without a live node.'),
    activeConnections: z.number().min(0).describe('Of clients, on all live nodes.'),
    leading: z.boolean().optional().describe('Whether this is the control process that tidies up.'),
    timestamp,
  })
  .describe('The health of this process, and of what it manages in numbers.');

const trippedBreaker = z.object({
  routeId: routeIdField,
  backendId: backendIdField,
  state: z.enum(['Open', 'HalfOpen']).describe('The worst of any live node.'),
  until: timestamp.optional().describe('Until when it is open.'),
  nodes: z.array(z.string()).describe('The nodes where it is not closed.'),
});

const busyBackend = backendStatistics.extend({ backendId: backendIdField, healthStatus });

/** Schema of the figures of the whole. */
export const metricsResource = z
  .object({
    timestamp,
    revision: revisionNumber,
    converged: z.boolean().describe('Every live node runs the current revision.'),
    nodes: z.object({
      live: z.int().min(0),
      total: z.int().min(0),
      withoutRedis: z
        .int()
        .min(0)
        .describe('Live nodes for which Redis is away though limits of scope global need it.'),
    }),
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
    latency: z
      .object({ p50: z.number().min(0), p95: z.number().min(0), p99: z.number().min(0) })
      .describe('In milliseconds, of the requests of the last minute on all live nodes; 0 when there were none.'),
    circuitBreakers: z
      .object({
        closed: z.int().min(0),
        halfOpen: z.int().min(0),
        open: z.int().min(0),
        tripped: z.array(trippedBreaker).describe('Those that are not closed; the first 100.'),
      })
      .describe('Of all backends of routes with a circuit breaker.'),
    backends: z
      .object({
        total: z.int().min(0),
        healthy: z.int().min(0),
        unhealthy: z.int().min(0),
        draining: z.int().min(0),
        unknown: z.int().min(0).describe('All of them as long as there is no live node.'),
        busiest: z.array(busyBackend).describe('The 20 with the most requests, the busiest first.'),
      })
      .describe('Backends by their health, and what they did.'),
    requests: z
      .int()
      .min(0)
      .describe(
        'What nodes counted on all routes, as this control process heard it since it started; nodes and routes that are gone are included. It goes down only when the process restarts.',
      ),
    failures: z.int().min(0),
  })
  .describe('Figures of all nodes together; a node has more of its own at /metrics.');
