import { z } from 'zod';

/** Schema of what is kept of the past. */
export const historyConfig = z
  .strictObject({
    revisions: z.int().min(1).max(1_000_000).default(1000).describe('Newest revisions that are kept at least.'),
    auditDays: z
      .int()
      .min(1)
      .max(36_500)
      .default(365)
      .describe('Days that entries of the audit log and ended deployments are kept.'),
  })
  .prefault({})
  .describe('How much of the past the store keeps.');

/** What is kept of the past. */
export type HistoryConfig = z.output<typeof historyConfig>;
