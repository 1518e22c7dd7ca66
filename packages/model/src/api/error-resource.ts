import { z } from 'zod';
import { apiErrorCodes } from './api-errors.ts';
import type { ApiErrorCode } from './api-errors.ts';
import { problemResource } from './change-resource.ts';
import { timestamp } from './fields.ts';

const codes = [...new Set(Object.values(apiErrorCodes).map(({ code }) => code))];

/** Schema of every answer that is not a success. */
export const errorResource = z
  .object({
    error: z.object({
      code: z.enum(codes as [ApiErrorCode, ...ApiErrorCode[]]),
      message: z.string().describe('For people.'),
      details: z.array(problemResource).describe('A line for each problem.'),
      traceId: z.string().describe('Id of the request in the logs and in the audit log.'),
      timestamp,
    }),
  })
  .describe('An error.');

/** An answer that is not a success. */
export type ErrorResource = z.output<typeof errorResource>;
