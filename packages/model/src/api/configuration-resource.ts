import { z } from 'zod';
import { backendConfig } from '../config/backend-config.ts';
import type { JsonObject } from '../values/json-value.ts';
import { routeConfig } from '../config/route-config.ts';
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
  .describe('A configuration to apply.');

/** A list of objects, looked at and not copied. */
function objectsUpTo(most: number) {
  const areObjects = (value: unknown): value is JsonObject[] =>
    Array.isArray(value) && value.length <= most && value.every((item) => isObject(item));
  return z.custom<JsonObject[]>(areObjects, `expected a list of at most ${most} objects`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What of it is checked at once; routes and backends are checked as they are brought in. */
export const configurationEdge = z.strictObject({
  configuration: z.strictObject({
    routes: objectsUpTo(50_000).default([]),
    backends: objectsUpTo(250_000).default([]),
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
