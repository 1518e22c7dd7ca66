import { z } from 'zod';
import { backendConfig } from '../backend-config.ts';
import { routeConfig } from '../route-config.ts';
import { jsonObject, revisionNumber } from './fields.ts';

/** Schema of everything that the API manages, as a person would write it. */
export const wholeConfiguration = z
  .strictObject({
    routes: z.array(routeConfig).default([]).describe('The routes.'),
    backends: z.array(backendConfig).default([]).describe('The backends that routes share.'),
  })
  .describe('Routes and shared backends; what equals its default may be left out.');

/** Schema of a whole configuration to bring in, or to compare with. */
export const configurationInput = z
  .strictObject({
    configuration: wholeConfiguration,
    prune: z.boolean().default(false).describe('true removes what the configuration does not mention.'),
  })
  .describe('A configuration to bring in.');

/** What of it is checked at once; routes and backends are checked as they are brought in. */
export const configurationEdge = z.strictObject({
  configuration: z.strictObject({
    routes: z.array(jsonObject).max(1_000_000).default([]),
    backends: z.array(jsonObject).max(1_000_000).default([]),
  }),
  prune: z.boolean().default(false),
});

/** Schema of the export. */
export const configurationExport = z
  .object({
    revision: revisionNumber,
    owner: z.enum(['api', 'file']).describe('Who decides about routes and backends.'),
    file: z.string().optional().describe('The file that owns them.'),
    configuration: z.object({ routes: z.array(jsonObject), backends: z.array(jsonObject) }),
  })
  .describe('Everything the API manages, without what equals its default.');
