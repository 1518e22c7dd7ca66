import { z } from 'zod';
import { deploymentEventKinds } from '../deployment/deployments-config.ts';
import { percentage } from '../deployment/percentage.ts';
import { verdictResource } from './verdict-resource.ts';
import { deploymentStatus } from './deployment-resource.ts';
import type { DeploymentMetrics, DeploymentResource } from './deployment-resource.ts';
import { timestamp } from './fields.ts';

/** Schema of something that happened to a deployment. */
export const deploymentEventResource = z
  .object({
    deploymentId: z.string(),
    sequence: z.int().min(1).describe('Counts the events of the deployment; the id of the server-sent event.'),
    at: timestamp,
    kind: z.enum([...deploymentEventKinds, 'verdict', 'waiting', 'nodeStarted', 'nodeCompleted', 'percentageChanged']),
    by: z.string().describe('Who; sluice when nobody asked.'),
    text: z.string().describe('One sentence.'),
    status: deploymentStatus,
    phaseIndex: z.int().min(-1),
    percentage,
    verdict: verdictResource.optional(),
  })
  .describe('Something that happened to a deployment.');

/** Schema of the last server-sent event. */
export const deploymentEnd = z
  .object({ deploymentId: z.string(), status: deploymentStatus })
  .describe('The deployment has ended: nothing more will come.');

/** Something that happened to a deployment. */
export type DeploymentEventResource = z.output<typeof deploymentEventResource>;

/** What whoever watches a deployment is told, in the order in which it is told. */
export type DeploymentNews =
  /** The deployment as it is now: at the beginning, and whenever it has changed. */
  | { readonly type: 'deployment'; readonly deployment: DeploymentResource }
  /** Something happened; each comes once. */
  | { readonly type: 'event'; readonly event: DeploymentEventResource }
  /** The figures of this moment, every second while it runs. */
  | { readonly type: 'metrics'; readonly metrics: DeploymentMetrics }
  /** It has ended; nothing comes after this. */
  | { readonly type: 'end'; readonly end: z.output<typeof deploymentEnd> };
