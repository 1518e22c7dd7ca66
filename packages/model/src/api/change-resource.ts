import { z } from 'zod';
import { jsonObject } from './fields.ts';

/** Schema of one thing that is wrong, and where. */
export const problemResource = z
  .object({
    path: z.string().describe('Where, such as `backends[0].url`; empty for the whole.'),
    message: z.string().describe('What is wrong, and what to do.'),
    retryAfterSeconds: z.int().min(1).optional().describe('How long to wait, after too many requests.'),
    unlisted: z.int().min(1).optional().describe('How many more problems there are, which are not listed.'),
  })
  .describe('One thing that is wrong.');

/** Schema of what the answer to a change says beside what was changed; absent when there is nothing to say. */
export const warningsField = z
  .array(problemResource)
  .optional()
  .meta({ readOnly: true })
  .describe('What is valid but probably not intended. Only in answers to changes, and only when there is any.');

/** Schema of one difference. */
export const changeResource = z
  .object({
    entityType: z.string().describe('route, backend, user, apiKey, consumer or routeVersion.'),
    entityId: z.string(),
    before: jsonObject.optional().describe('Absent when it is made.'),
    after: jsonObject.optional().describe('Absent when it is removed.'),
  })
  .describe('What is different about one entity.');

/** Schema of the answer to a dry run, and to whatever changes several entities at once. */
export const changePreview = z
  .object({
    dryRun: z.boolean().describe('true: nothing was changed.'),
    revision: z.int().min(0).describe('The current revision of the configuration.'),
    changed: z.boolean().describe('Whether anything is different, or would be.'),
    changes: z.array(changeResource),
    problems: z.array(problemResource).describe('Why it would be refused; empty when it would be accepted.'),
    warnings: z.array(problemResource).describe('What is valid but probably not intended.'),
  })
  .describe('The result of a change.');

/** One thing that is wrong, and where. */
export type ProblemResource = z.output<typeof problemResource>;
/** One difference. */
export type ChangeResource = z.output<typeof changeResource>;
/** What a change comes to. */
export type ChangePreview = z.output<typeof changePreview>;
