import { z } from 'zod';
import { roles } from '../config/roles.ts';
import { entityName, line } from '../values/text.ts';
import { deploymentEdge, deploymentInput, promotionInput, reasonInput, remarkInput } from './deployment-input.ts';
import {
  deploymentList,
  deploymentMetrics,
  deploymentResource,
  deploymentStatus,
  deploymentWithRoutes,
} from './deployment-resource.ts';
import { dryRunQuery, pageQuery, routeIdField } from './fields.ts';
import { defineOperations } from './operation.ts';

const params = z.strictObject({ deploymentId: line(128).describe('Id of the deployment.') });
const read = { tag: 'deployments', auth: 'user', roles, scope: 'deployments:read' } as const;
const write = {
  tag: 'deployments',
  auth: 'user',
  roles: ['Admin', 'Operator'],
  scope: 'deployments:write',
  dryRun: true,
} as const;
const action = {
  ...write,
  method: 'POST',
  params,
  query: z.strictObject(dryRunQuery),
  answer: { status: 200, description: 'The deployment.', schema: deploymentResource },
  errors: ['NOT_FOUND', 'CONFLICT'],
} as const;

/** Deployments: new versions of routes, brought in step by step. */
export const deploymentOperations = defineOperations({
  listDeployments: {
    ...read,
    method: 'GET',
    path: '/gateway/deployments',
    summary: 'List deployments',
    query: z.strictObject({
      routeId: routeIdField.optional().describe('Only those of this route.'),
      status: deploymentStatus.optional().describe('Only those with this status.'),
      environment: entityName.optional().describe('Only those to this environment.'),
      ...pageQuery,
    }),
    answer: { status: 200, description: 'A page.', schema: deploymentList },
  },
  createDeployment: {
    ...write,
    method: 'POST',
    path: '/gateway/deployments',
    summary: 'Deploy new versions of routes',
    description:
      'The new version is one that was kept before, named by configVersion, or the whole route as it shall be. Several routes change together.',
    limit: { group: 'deployments:create', perMinute: 5 },
    query: z.strictObject(dryRunQuery),
    body: { schema: deploymentInput, edge: deploymentEdge },
    answer: { status: 201, description: 'The deployment.', schema: deploymentResource },
    idempotencyKey: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  getDeployment: {
    ...read,
    method: 'GET',
    path: '/gateway/deployments/{deploymentId}',
    summary: 'Read a deployment with both versions of its routes',
    params,
    answer: { status: 200, description: 'The deployment.', schema: deploymentWithRoutes },
    errors: ['NOT_FOUND'],
  },
  getDeploymentMetrics: {
    ...read,
    method: 'GET',
    path: '/gateway/deployments/{deploymentId}/metrics',
    summary: 'Read the figures of both versions and the verdict',
    params,
    answer: { status: 200, description: 'The figures.', schema: deploymentMetrics },
    errors: ['NOT_FOUND'],
  },
  watchDeployment: {
    ...read,
    method: 'GET',
    path: '/gateway/deployments/{deploymentId}/events',
    summary: 'Watch a deployment (server-sent events)',
    description: [
      'What happened, in order, each with its sequence as `id` and its kind as `event` (DeploymentEvent); after `Last-Event-ID` only what came later.',
      'Between them `deployment` (Deployment) whenever it has changed, and `metrics` (DeploymentMetrics) every second while it runs.',
      'The last event is `end`, when the deployment has ended. The answer ends without it when the session does, or when the server stops: connect again then.',
    ].join(' '),
    params,
    lastEventId: true,
    answer: { status: 200, description: 'Events as they happen.', isEventStream: true },
    errors: ['NOT_FOUND'],
  },
  approveDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/approve',
    summary: 'Approve a deployment, or its next phase',
    description: 'Somebody other than the author has to approve.',
    body: { schema: remarkInput, optional: true },
  },
  rejectDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/reject',
    summary: 'Reject a deployment',
    body: { schema: reasonInput },
  },
  promoteDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/promote',
    summary: 'Move to the next phase, or straight to a share',
    body: { schema: promotionInput, optional: true },
  },
  pauseDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/pause',
    summary: 'Stop a deployment where it is',
    body: { schema: remarkInput, optional: true },
  },
  resumeDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/resume',
    summary: 'Resume a deployment',
  },
  rollbackDeployment: {
    ...action,
    path: '/gateway/deployments/{deploymentId}/rollback',
    summary: 'Give all traffic back to the stable version',
    body: { schema: remarkInput, optional: true },
  },
});
