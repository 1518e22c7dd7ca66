import { z } from 'zod';
import { healthStatus } from './backend-resource.ts';
import { backendIdField, revisionNumber, routeIdField, timestamp } from './fields.ts';
import { metricsResource } from './health-resource.ts';

const rates = {
  requestsPerSecond: z.number().min(0),
  failuresPerSecond: z.number().min(0).describe('Answers with 500 or more.'),
};

/** Schema of what is busy now. */
export const trafficResource = z
  .object({
    timestamp,
    revision: revisionNumber,
    nodes: z.int().min(0).describe('Live nodes.'),
    load: metricsResource.shape.load,
    latency: metricsResource.shape.latency,
    routes: z
      .array(
        z.object({
          routeId: routeIdField,
          ...rates,
          p50: z.number().min(0).describe('Milliseconds; of the slowest node.'),
          p95: z.number().min(0),
          p99: z.number().min(0),
        }),
      )
      .describe('Those with requests now, the busiest first.'),
    backends: z
      .array(
        z.object({
          backendId: backendIdField,
          ...rates,
          activeRequests: z.number().min(0).describe('At its address now, on the live nodes.'),
          healthStatus,
        }),
      )
      .describe('Those with requests now, the busiest first.'),
  })
  .describe('What is busy now, of all nodes together.');
