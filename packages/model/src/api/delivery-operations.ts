import { z } from 'zod';
import { roles } from '../config/roles.ts';
import { deliveryFigures, deliveryLine, deliveryLineInput } from './delivery-resource.ts';
import { dryRunQuery, routeIdField } from './fields.ts';
import { defineOperations } from './operation.ts';

const tag = 'delivery';

/** Figures about deployments, and the switch that stops all of them. */
export const deliveryOperations = defineOperations({
  getDelivery: {
    method: 'GET',
    path: '/gateway/delivery',
    tag,
    summary: 'Read figures about deployments: how often, how fast, how many failed',
    auth: 'user',
    roles,
    scope: 'deployments:read',
    query: z.strictObject({
      days: z.int().min(1).max(90).default(30).describe('Days up to now.'),
      routeId: routeIdField.optional().describe('Only those of this route.'),
    }),
    answer: { status: 200, description: 'The figures.', schema: deliveryFigures },
  },
  getDeliveryLine: {
    method: 'GET',
    path: '/gateway/delivery/line',
    tag,
    summary: 'Read whether deployments move forward',
    auth: 'user',
    roles,
    scope: 'deployments:read',
    answer: { status: 200, description: 'Whether they do.', schema: deliveryLine },
  },
  setDeliveryLine: {
    method: 'PUT',
    path: '/gateway/delivery/line',
    tag,
    summary: 'Stop all deployments where they are, or let them continue',
    description: 'While the line is stopped, no deployment moves forward; rollbacks and emergencies continue.',
    auth: 'user',
    roles: ['Admin', 'Operator'],
    scope: 'deployments:write',
    query: z.strictObject(dryRunQuery),
    body: { schema: deliveryLineInput },
    answer: { status: 200, description: 'Whether they do.', schema: deliveryLine },
    dryRun: true,
    errors: ['CONFLICT'],
  },
});
