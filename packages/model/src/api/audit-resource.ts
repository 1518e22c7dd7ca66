import { z } from 'zod';
import { jsonObject, pageFields, revisionNumber, timestamp } from './fields.ts';

/** Schema of one entry of the audit log. */
export const auditResource = z
  .object({
    auditId: z.string(),
    at: timestamp,
    eventType: z.string().describe('Such as route.updated, login.failed or access.denied.'),
    entityType: z.string().optional(),
    entityId: z.string().optional(),
    user: z.string(),
    userKind: z.enum(['user', 'apiKey', 'node', 'file', 'system', 'anonymous']),
    userId: z.string().optional().describe('Of the user or API key: somebody else may have the name later.'),
    personId: z.string().optional().describe('Of the user who acts, or whose the API key is.'),
    address: z.string(),
    traceId: z.string(),
    outcome: z.enum(['done', 'denied', 'failed']),
    revision: revisionNumber.optional(),
    details: jsonObject.optional(),
  })
  .describe('Something that happened, or was refused: who, from where, what, when.');

/** Schema of a page of the audit log. */
export const auditList = z
  .object({ auditLogs: z.array(auditResource), ...pageFields })
  .describe('A page of the audit log, the newest first.');
