import { z } from 'zod';
import { oneLine } from '../values/text.ts';

/** What is logged, from the most to the least. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** Lines below this level are left out. */
export type LogLevelName = (typeof logLevels)[number];

/** Schema of logging. */
export const loggingConfig = z
  .strictObject({
    level: z.enum(logLevels).default('info').describe('Lines of the log below this level are left out.'),
    redact: z
      .array(
        oneLine
          .min(1)
          .max(128)
          .regex(/[A-Za-z0-9]/, 'expected the name of a field, a header or a parameter, such as email'),
      )
      .max(200)
      .default([])
      .describe(
        'Names of fields, headers, query parameters and {segments} of paths whose values logs and traces hide, besides those that are always hidden.',
      ),
  })
  .prefault({})
  .describe('The log of the process, and what logs and traces hide.');

/** Settings of logging. */
export type LoggingConfig = z.output<typeof loggingConfig>;
