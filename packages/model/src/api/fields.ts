import { z } from 'zod';
import type { JsonObject } from '../values/json-value.ts';
import { revisionNumber, timestamp } from '../documents/revision-fields.ts';
import { entityName, line } from '../values/text.ts';

export { revisionNumber, timestamp };

/** Id of a route. */
export const routeIdField = entityName.describe('Id of the route.');

/** Id of a backend: of a shared one, or `<routeId>~<name>` of one that belongs to a route. */
export const backendIdField = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}(?:~[A-Za-z0-9][A-Za-z0-9._:-]{0,127})?$/,
    'expected the id of a backend: a name, or the id of a route and the name of a backend with ~ between them',
  )
  .describe('Id of the backend: of a shared one, or routeId~name of one that belongs to a route.');

/** Which part of a list. */
export const pageQuery = {
  limit: z.int().min(1).max(100).default(20).describe('Most items.'),
  offset: z.int().min(0).max(1_000_000_000).default(0).describe('How many items to skip.'),
};

/** What a list answers beside its items. */
export const pageFields = {
  total: z.int().min(0).describe('How many there are in all.'),
  limit: z.int().min(1).max(100).describe('As asked.'),
  offset: z.int().min(0).describe('As asked.'),
};

/** What every write takes. */
export const dryRunQuery = {
  dryRun: z
    .boolean()
    .default(false)
    .describe('true: answers with the difference and the problems, and changes nothing.'),
};

/** What lets a change through that goes live by itself. */
export const emergencyQuery = {
  emergency: z
    .boolean()
    .default(false)
    .describe('true: ignores freezes, a stopped line and approvals; needs a reason; gets its own audit entry.'),
};

/** What every change of the configuration takes. */
export const changeQuery = {
  ...dryRunQuery,
  ...emergencyQuery,
  reason: line(500).optional().describe('Why; kept with the revision.'),
};

/** An object of any JSON: a document that is checked elsewhere, or that says what happened. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, JsonObject>;
