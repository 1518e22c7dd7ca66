import { z } from 'zod';
import { editableHeaderName, oneLine } from '../../values/text.ts';

/** Schema of the method apiKey. */
export const apiKeyMethod = z
  .strictObject({
    type: z.literal('apiKey').describe('This method.'),
    header: editableHeaderName
      .optional()
      .describe('Header that holds the key. X-API-Key if neither header nor query is given.'),
    query: oneLine.min(1).max(128).optional().describe('Query parameter that holds the key.'),
  })
  .describe('The key of a consumer. It is taken off the request before a backend gets it.');

/** Settings of the method apiKey. */
export type ApiKeyMethodConfig = z.output<typeof apiKeyMethod>;
