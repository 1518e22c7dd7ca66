import { z } from 'zod';

/** Schema of what is kept of the past. */
export const historyConfig = z
  .strictObject({
    revisions: z.int().min(1).max(1_000_000).default(1000).describe('How many of the newest revisions are kept.'),
    auditDays: z
      .int()
      .min(1)
      .max(36_500)
      .default(365)
      .describe('How many days entries of the audit log and ended deployments are kept.'),
  })
  .prefault({})
  .describe('How much of the past the store keeps.');

/** How much of the past is kept. */
export type HistoryConfig = z.output<typeof historyConfig>;
