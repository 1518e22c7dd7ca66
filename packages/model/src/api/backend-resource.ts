import { z } from 'zod';
import { backendConfig } from '../config/backend-config.ts';
import { warningsField } from './change-resource.ts';
import { restingBackend } from '../node/node-report.ts';
import { documentSchema } from '../documents/document-schema.ts';
import { backendIdField, pageFields, revisionNumber, routeIdField, timestamp } from './fields.ts';
import { patchSchema } from './patch-schema.ts';

/** What nodes may say of a backend. */
export const healthStatus = z
  .enum(['Unknown', 'Healthy', 'Unhealthy', 'Draining'])
  .describe('The worst status that a live node reports; Unknown when none reports any.');

/** Schema of what all nodes together counted on a backend. */
export const backendStatistics = z
  .object({
    requests: z.int().min(0),
    failures: z.int().min(0).describe('Answers with 500 or more.'),
    activeRequests: z.number().min(0).describe('At its address now, on the live nodes.'),
  })
  .describe(
    'What nodes counted on the backend, as this control process heard it since it started; nodes that are gone are included.',
  );

const recorded = {
  routeId: routeIdField.optional().describe('The route it belongs to; absent for a shared one.'),
  healthStatus,
  lastHealthCheck: timestamp.optional().describe('When a live node checked it last; absent without a check.'),
  statistics: backendStatistics,
  revision: revisionNumber.describe('The revision that changed it last; its ETag.'),
  createdAt: timestamp,
  updatedAt: timestamp,
};

/** Fields of the answer that may come back with a change, and mean nothing there. */
export const backendReadOnly = {
  healthStatus: healthStatus.optional().meta({ readOnly: true }),
  lastHealthCheck: timestamp.optional().meta({ readOnly: true }),
  statistics: backendStatistics.optional().meta({ readOnly: true }),
  revision: recorded.revision.optional().meta({ readOnly: true }),
  createdAt: timestamp.optional().meta({ readOnly: true }),
  updatedAt: timestamp.optional().meta({ readOnly: true }),
  warnings: warningsField,
};

/** Schema of a backend as it is answered. */
export const backendResource = documentSchema(backendConfig)
  .extend({ backendId: backendIdField, warnings: warningsField, ...recorded })
  .describe('A backend with every default filled in.');

/** Schema of a page of backends. */
export const backendList = z
  .object({ backends: z.array(backendResource), ...pageFields })
  .describe('A page of the backends: shared ones, then those of each route.');

/** Schema of a new backend. */
export const backendInput = backendConfig
  .extend({
    ...backendReadOnly,
    backendId: backendIdField.optional().describe('Stable identity of a shared backend; the name if absent.'),
    routeId: routeIdField.optional().describe('The route it becomes part of; a shared backend when absent.'),
  })
  .describe('A backend; what is left out has its default.');

/** Schema of a change of a backend. */
export const backendPatch = patchSchema(backendConfig.shape)
  .extend({
    ...backendReadOnly,
    backendId: backendIdField.optional().describe('The current one: it never changes.'),
    routeId: routeIdField.optional().describe('The current one: it never changes.'),
  })
  .describe('Fields of a backend: what is left out stays, null takes a field back to its default.');

/** Schema of what nodes say of a backend. */
export const backendHealth = z
  .object({
    backendId: backendIdField,
    healthStatus,
    nodes: z
      .array(z.object({ nodeId: z.string(), ...restingBackend }))
      .describe('The live nodes that send it nothing.'),
  })
  .describe('Health of a backend.');

/** Schema of a request to check backends now. */
export const healthCheckInput = z
  .strictObject({
    backendIds: z.array(backendIdField).min(1).max(10_000).optional().describe('Which; all when left out.'),
  })
  .describe('Backends to check now.');

/** Schema of the answer to it. */
export const healthCheckAccepted = z
  .object({
    commandId: z.string(),
    nodes: z.int().min(0).describe('How many live nodes will check.'),
  })
  .describe('The checks were asked for; their results show in the health of the backends.');

/** A backend as it is answered. */
export type BackendResource = z.output<typeof backendResource>;
