import { z } from 'zod';
import { routeConfig } from '../config/route-config.ts';
import { entityName, line } from '../values/text.ts';
import { warningsField } from './change-resource.ts';
import { documentSchema } from '../documents/document-schema.ts';
import { pageFields, revisionNumber, routeIdField, timestamp } from './fields.ts';
import { patchSchema } from './patch-schema.ts';

/** Schema of what all nodes together counted on a route. */
export const routeStatistics = z
  .object({
    requests: z.int().min(0),
    failures: z.int().min(0),
    p50: z.number().min(0).describe('Milliseconds; of the slowest node.'),
    p95: z.number().min(0),
    p99: z.number().min(0),
  })
  .describe(
    'What nodes counted on the route, as this control process heard it since it started; nodes that are gone are included. Counts go down only when the process restarts.',
  );

const split = z
  .object({
    deploymentId: z.string(),
    percentage: z.number().min(0).max(100).describe('Share of the candidate.'),
    configVersion: z.string().describe('The version that is brought in.'),
  })
  .optional()
  .meta({ readOnly: true })
  .describe('The deployment that runs on the route; absent when there is none.');

const recorded = {
  revision: revisionNumber.describe('The revision that changed it last; its ETag.'),
  createdAt: timestamp,
  updatedAt: timestamp,
};

/** Fields of the answer that may come back with a change, and mean nothing there. */
export const routeReadOnly = {
  revision: recorded.revision.optional().meta({ readOnly: true }),
  createdAt: timestamp.optional().meta({ readOnly: true }),
  updatedAt: timestamp.optional().meta({ readOnly: true }),
  statistics: routeStatistics.nullable().optional().meta({ readOnly: true }),
  split,
  warnings: warningsField,
};

const document = documentSchema(routeConfig);

/** Schema of a route as it is answered. */
export const routeResource = document
  .extend({ routeId: routeIdField, split, warnings: warningsField, ...recorded })
  .describe('A route with every default filled in.');

/** Schema of a single route as it is answered. */
export const routeWithStatistics = routeResource
  .extend({ statistics: routeStatistics })
  .describe('A route with what nodes counted on it.');

/** Schema of a page of routes. */
export const routeList = z
  .object({ routes: z.array(routeResource), ...pageFields })
  .describe('A page of the routes, ordered by routeId.');

/** Schema of a new route. */
export const routeInput = routeConfig.extend(routeReadOnly).describe('A route; what is left out has its default.');

/** Schema of a change of a route. */
export const routePatch = patchSchema(routeConfig.shape)
  .extend(routeReadOnly)
  .describe('Fields of a route: what is left out stays, null takes a field back to its default.');

/** Schema of a version of a route that is kept, and is not live. */
export const routeVersionResource = z
  .object({
    routeId: routeIdField,
    configVersion: z.string().describe('Its name among the versions of the route.'),
    createdAt: timestamp,
    createdBy: z.string(),
    route: document.describe('The whole route as it would be.'),
    warnings: warningsField,
  })
  .describe('A version of a route that is stored for a deployment.');

/** Schema of a page of versions. */
export const routeVersionList = z
  .object({ versions: z.array(routeVersionResource), ...pageFields })
  .describe('A page of the versions, the newest first.');

/** Schema of a new version. */
export const routeVersionInput = z
  .strictObject({
    configVersion: entityName.describe('Its name among the versions of the route.'),
    route: routeInput.describe('The whole new version of the route.'),
    reason: line(500).optional().describe('Why.'),
  })
  .describe('A version to store.');

/** A route as it is answered. */
export type RouteResource = z.output<typeof routeResource>;
/** What all nodes together counted on a route. */
export type RouteStatistics = z.output<typeof routeStatistics>;
/** A version of a route that is kept, and is not live. */
export type RouteVersionResource = z.output<typeof routeVersionResource>;
