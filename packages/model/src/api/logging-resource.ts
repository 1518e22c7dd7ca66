import { z } from 'zod';
import { logLevels } from '../config/logging-config.ts';
import { duration } from '../values/duration.ts';
import { timestamp } from './fields.ts';

/** Somebody looks at what is logged meanwhile; a day is longer than that. */
const longestMs = 86_400_000;

/** Schema of the level of the log. */
export const logLevelResource = z
  .object({
    level: z.enum(logLevels).describe('Lines below this level are left out.'),
    configured: z.enum(logLevels).describe('The level of the configuration, logging.level.'),
    until: timestamp.optional().describe('When the level of the configuration counts again by itself.'),
  })
  .describe('The level of the log of the control process that answers.');

/** Schema of a wish for another level. */
export const logLevelInput = z
  .strictObject({
    level: z.enum(logLevels).describe('Lines below this level are left out.'),
    for: duration(1000, longestMs)
      .optional()
      .describe('After this time the level of the configuration counts again; if absent, after the next start.'),
  })
  .describe('Another level of the log, for now.');
