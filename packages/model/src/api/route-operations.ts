import { z } from 'zod';
import { roles } from '../config/roles.ts';
import { strategies } from '../config/strategies.ts';
import { backendIdField, changeQuery, dryRunQuery, pageQuery, routeIdField } from './fields.ts';
import { line } from '../values/text.ts';
import { defineOperations } from './operation.ts';
import {
  routeInput,
  routeList,
  routePatch,
  routeReadOnly,
  routeResource,
  routeVersionInput,
  routeVersionList,
  routeVersionResource,
  routeWithStatistics,
} from './route-resource.ts';

const tag = 'routes';
const params = z.strictObject({ routeId: routeIdField });
const reads = { group: 'routes:read', perMinute: 60 } as const;
const writes = { group: 'routes:write', perMinute: 10 } as const;
const edge = z.looseObject(routeReadOnly);

/** Routes, and versions of routes that wait for a deployment. */
export const routeOperations = defineOperations({
  listRoutes: {
    method: 'GET',
    path: '/gateway/routes',
    tag,
    summary: 'List routes',
    auth: 'user',
    roles,
    scope: 'routes:read',
    limit: reads,
    query: z.strictObject({
      isEnabled: z.boolean().optional().describe('Only those that are enabled, or those that are not.'),
      strategy: z.enum(strategies).optional().describe('Only those with this strategy.'),
      search: line(128)
        .optional()
        .describe('Only those whose id, name or pathPattern contains this, whatever its case.'),
      backendId: backendIdField.optional().describe('Only those that use this backend.'),
      ...pageQuery,
    }),
    answer: { status: 200, description: 'A page.', schema: routeList },
    etag: true,
  },
  createRoute: {
    method: 'POST',
    path: '/gateway/routes',
    tag,
    summary: 'Create a route',
    auth: 'user',
    roles: ['Admin'],
    scope: 'routes:write',
    limit: writes,
    query: z.strictObject(changeQuery),
    body: { schema: routeInput, edge },
    answer: { status: 201, description: 'The route.', schema: routeResource },
    dryRun: true,
    idempotencyKey: true,
    etag: true,
    errors: ['CONFLICT'],
  },
  getRoute: {
    method: 'GET',
    path: '/gateway/routes/{routeId}',
    tag,
    summary: 'Read a route with its statistics',
    auth: 'user',
    roles,
    scope: 'routes:read',
    limit: reads,
    params,
    answer: { status: 200, description: 'The route.', schema: routeWithStatistics },
    etag: true,
    errors: ['NOT_FOUND'],
  },
  updateRoute: {
    method: 'PUT',
    path: '/gateway/routes/{routeId}',
    tag,
    summary: 'Change a route',
    description: 'What is left out stays, null takes a field back to its default; routeId never changes.',
    auth: 'user',
    roles: ['Admin'],
    scope: 'routes:write',
    limit: writes,
    params,
    query: z.strictObject(changeQuery),
    body: { schema: routePatch, edge },
    answer: { status: 200, description: 'The route.', schema: routeResource },
    dryRun: true,
    etag: true,
    ifMatch: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  deleteRoute: {
    method: 'DELETE',
    path: '/gateway/routes/{routeId}',
    tag,
    summary: 'Remove a route',
    auth: 'user',
    roles: ['Admin'],
    scope: 'routes:write',
    limit: writes,
    params,
    query: z.strictObject(changeQuery),
    answer: { status: 204, description: 'It is gone.' },
    dryRun: true,
    ifMatch: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  listRouteVersions: {
    method: 'GET',
    path: '/gateway/routes/{routeId}/versions',
    tag,
    summary: 'List the stored versions of a route',
    auth: 'user',
    roles,
    scope: 'routes:read',
    limit: reads,
    params,
    query: z.strictObject(pageQuery),
    answer: { status: 200, description: 'A page.', schema: routeVersionList },
    errors: ['NOT_FOUND'],
  },
  createRouteVersion: {
    method: 'POST',
    path: '/gateway/routes/{routeId}/versions',
    tag,
    summary: 'Store a version of a route for a deployment',
    description: 'It is never live by itself.',
    auth: 'user',
    roles: ['Admin'],
    scope: 'routes:write',
    limit: writes,
    params,
    query: z.strictObject(dryRunQuery),
    body: {
      schema: routeVersionInput,
      edge: routeVersionInput.extend({ route: edge }),
    },
    answer: { status: 201, description: 'The version.', schema: routeVersionResource },
    dryRun: true,
    idempotencyKey: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
});
