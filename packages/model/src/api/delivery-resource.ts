import { z } from 'zod';
import { line, timestamp } from './fields.ts';

/** Schema of whether anything moves forward. */
export const deliveryLine = z
  .object({
    stopped: z.boolean().describe('true: nothing moves forward; rollbacks go on.'),
    by: z.string().optional().describe('Who changed it last.'),
    at: timestamp.optional(),
    reason: z.string().optional(),
  })
  .describe('Whether deployments move forward.');

/** Schema of stopping the line, or of starting it again. */
export const deliveryLineInput = z
  .strictObject({
    stopped: z.boolean().describe('true stops every deployment where it is; rollbacks go on.'),
    reason: line(1000).optional().describe('Why; shown to everybody who waits.'),
  })
  .describe('Whether deployments move forward.');
