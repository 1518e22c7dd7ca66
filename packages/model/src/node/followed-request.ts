import { z } from 'zod';
import { fieldName, requestIdPattern } from '../values/header-field.ts';
import { entityName } from '../values/text.ts';

/** Schema of which requests somebody follows. */
export const requestFilter = z.strictObject({
  route: entityName.optional().describe('Only those on the route with this name.'),
  backend: entityName.optional().describe('Only those that this backend of their route answered last.'),
  method: z.string().max(32).regex(fieldName, 'expected a method such as GET').optional().describe('Only this method.'),
  status: z
    .string()
    .regex(/^[1-5](?:[0-9][0-9]|xx)$/, 'expected a status such as 404, or a class such as 5xx')
    .optional()
    .describe('Only this status, or this class of them.'),
  slowerThanMs: z.int().min(0).max(86_400_000).optional().describe('Only those that took longer.'),
  traceId: z
    .string()
    .regex(requestIdPattern, 'expected the trace id that a log or an error names')
    .optional()
    .describe('Only those of this trace. The trace id of a request that has no trace is its request id.'),
});

/** Which requests somebody follows. */
export type RequestFilter = z.output<typeof requestFilter>;

/** Schema of a request that has ended, as the access log would have it in JSON. */
export const followedRequest = z.object({
  time: z.string(),
  method: z.string(),
  path: z.string(),
  host: z.string(),
  status: z.int(),
  error: z.string().optional(),
  reason: z.string().optional(),
  route: z.string().optional(),
  backend: z.string().optional(),
  version: z.enum(['stable', 'candidate']).optional(),
  deployment: z.string().optional(),
  authentication: z.string().optional(),
  consumer: z.string().optional(),
  subject: z.string().optional(),
  tier: z.string().optional(),
  durationMs: z.number(),
  bytesSent: z.number(),
  attempts: z.int(),
  client: z.string(),
  requestId: z.string(),
  traceId: z.string().optional(),
  revision: z.int(),
});

/** A request that has ended. */
export type FollowedRequest = z.output<typeof followedRequest>;

/** What somebody who follows requests is told. */
export interface FollowedRequests {
  readonly requests: readonly FollowedRequest[];
  /** Requests that nobody is told of, since there were too many at a time. They may be of any kind. */
  readonly dropped: number;
}
