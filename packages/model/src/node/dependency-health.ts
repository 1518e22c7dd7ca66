import { z } from 'zod';
import type { Immutable } from '../documents/immutable.ts';
import { oneLine, reportedLine } from '../values/text.ts';

/** Schema of a dependency as everybody may see it. */
export const dependencyHealth = z.object({
  name: oneLine.max(64).describe('store, bus, redis, control, or keySet with a number.'),
  status: z.enum(['healthy', 'degraded', 'unhealthy']).describe('degraded: not all that is asked of it works.'),
  response_time_ms: z.number().min(0).optional().describe('How long the last check took.'),
  ageSeconds: z.number().min(0).optional().describe('How long ago the last check ended.'),
  reason: reportedLine(500).optional().describe('What is wrong.'),
});

/** Schema of a dependency of a node as its users see it. */
export const nodeDependency = dependencyHealth.extend({
  address: oneLine.max(256).optional().describe('Where it is.'),
});

/** A server that a node relies on. */
export type NodeDependency = Immutable<z.output<typeof nodeDependency>>;
