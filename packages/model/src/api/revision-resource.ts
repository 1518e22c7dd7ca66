import { z } from 'zod';
import { changeResource } from './change-resource.ts';
import { pageFields, revisionNumber, timestamp } from './fields.ts';
import { line } from '../values/text.ts';

/** Schema of one recorded state of the configuration. */
export const revisionResource = z
  .object({
    revision: revisionNumber,
    at: timestamp,
    author: z.object({
      kind: z.enum(['user', 'apiKey', 'file', 'system']),
      name: z.string(),
      id: z.string().optional().describe('Of the user or API key: somebody else may have the name later.'),
    }),
    reason: z.string().optional(),
    changeCount: z.int().min(0).describe('How many entities it changed.'),
    summary: z.array(z.string()).describe('The first few changes in words.'),
    restoredFrom: revisionNumber.optional().describe('The revision whose content it brought back.'),
  })
  .describe('One recorded state of the configuration: who, when, why.');

/** Schema of a revision with what it changed. */
export const revisionWithChanges = revisionResource
  .extend({ changes: z.array(changeResource) })
  .describe('A revision and the difference to the one before.');

/** Schema of a page of revisions. */
export const revisionList = z
  .object({ revisions: z.array(revisionResource), ...pageFields })
  .describe('A page of the revisions, the newest first.');

/** Schema of the difference between two revisions. */
export const revisionDifference = z
  .object({ from: revisionNumber, to: revisionNumber, changes: z.array(changeResource) })
  .describe('What is different at `to`, seen from `from`.');

/** Schema of a request to restore a revision. */
export const restoreInput = z
  .strictObject({ reason: line(500).optional().describe('Why; kept with what is done.') })
  .describe('Why something is done.');

/** One recorded state of the configuration. */
export type RevisionResource = z.output<typeof revisionResource>;
