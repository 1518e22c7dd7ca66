import { z } from 'zod';
import { timestamp } from './fields.ts';
import { line } from '../values/text.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1).nullable();
const seconds = z.number().min(0);

/** Schema of how long something took. */
export const deliveryDurations = z
  .object({
    count: count.describe('How many cases.'),
    median: seconds,
    p90: seconds.describe('Nine in ten took no longer.'),
  })
  .describe('How long something took, in seconds.');

const durations = deliveryDurations.nullable();
const summary = {
  completed: count,
  rolledBack: count,
  failed: count,
  cancelled: count,
  deploymentFrequency: z.number().min(0).describe('Completed, per day.'),
  leadTime: durations.describe('From the creation of a deployment to its completion.'),
  changeFailureRate: share.describe('Share of those that began which were rolled back or failed.'),
  timeToRecover: durations.describe('From the first sign of trouble to the last route being rolled back.'),
  reworkRate: share.describe('Share of those that began which were emergencies, or came soon after a failed one.'),
  rollbackFrequency: z.number().min(0).describe('Rolled back, per day.'),
  duration: durations.describe('From the beginning to the end, with whatever outcome.'),
  working: durations.describe('Of the time since they were asked for: when they went forward.'),
  waiting: durations.describe('Of the time since they were asked for: when they waited.'),
};

/** Schema of figures about deployments. */
export const deliverySummary = z
  .object(summary)
  .describe('Figures about the deployments that ended within some days; null where there is no data.');

/** Schema of figures about deployments, overall and by route. */
export const deliveryFigures = z
  .object({
    from: timestamp,
    until: timestamp,
    days: count,
    open: count.describe('Deployments that have not ended.'),
    overall: deliverySummary.describe('A deployment of several routes counts once.'),
    routes: z
      .array(z.object({ routeId: z.string(), name: z.string(), ...summary }))
      .describe('By route; those without deployments are left out.'),
  })
  .describe('Figures about deployments over some days.');

/** Schema of whether anything moves forward. */
export const deliveryLine = z
  .object({
    stopped: z.boolean().describe('true: no deployment moves forward; rollbacks continue.'),
    by: z.string().optional().describe('Who changed it last.'),
    at: timestamp.optional(),
    reason: z.string().optional(),
    freeze: z
      .string()
      .optional()
      .describe(
        'Why nothing moves forward now: the line is stopped, or a freeze of the configuration. Only when read.',
      ),
  })
  .describe('Whether deployments move forward.');

/** Schema of stopping the line, or of starting it again. */
export const deliveryLineInput = z
  .strictObject({
    stopped: z.boolean().describe('true stops every deployment where it is; rollbacks continue.'),
    reason: line(1000).optional().describe('Why; shown to everybody who waits.'),
  })
  .describe('Whether deployments move forward.');

/** Figures about deployments over some days. */
export type DeliveryFiguresResource = z.output<typeof deliveryFigures>;
/** Whether deployments move forward. */
export type DeliveryLineResource = z.output<typeof deliveryLine>;
