import { z } from 'zod';
import { nodeStanding } from '../node/node-report.ts';
import { pageFields, revisionNumber } from './fields.ts';

/** Schema of a node as control sees it. */
export const nodeResource = nodeStanding
  .extend({
    age: z.number().min(0).describe('Seconds since its last report.'),
    live: z.boolean().describe('Heard of within the last 15 seconds.'),
    acknowledged: z.boolean().describe('It runs the current revision.'),
    problems: z.array(z.string()).describe('What a person should look at.'),
  })
  .describe('A node as the control plane sees it.');

/** Schema of a page of nodes. */
export const nodeList = z
  .object({
    revision: revisionNumber.describe('The current revision.'),
    converged: z.boolean().describe('Every live node runs the current revision.'),
    nodes: z.array(nodeResource),
    ...pageFields,
  })
  .describe('A page of the nodes, ordered by nodeId.');

/** A node as control sees it. */
export type NodeResource = z.output<typeof nodeResource>;
