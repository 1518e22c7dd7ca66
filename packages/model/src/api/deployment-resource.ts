import { z } from 'zod';
import { analysisConfig } from '../deployment/analysis-config.ts';
import { deploymentSettings } from '../deployment/deployment-settings.ts';
import { percentage } from '../deployment/percentage.ts';
import { mirrorConfig } from '../deployment/split-config.ts';
import { warningsField } from './change-resource.ts';
import { documentSchema } from '../documents/document-schema.ts';
import { jsonObject, pageFields, timestamp } from './fields.ts';
import {
  checkResource,
  count,
  differenceResource,
  gateResource,
  latency,
  share,
  sides,
  stillOpen,
  verdictField,
  verdictResource,
} from './verdict-resource.ts';

/** Where a deployment stands; the last four are the end. */
export const deploymentStatuses = [
  'Pending',
  'AwaitingApproval',
  'InProgress',
  'Paused',
  'Completed',
  'RolledBack',
  'Failed',
  'Cancelled',
] as const;

/** Schema of the status of a deployment. */
export const deploymentStatus = z
  .enum(deploymentStatuses)
  .describe('Completed, RolledBack, Failed and Cancelled are final.');

/** Schema of a route of a deployment. */
export const deployedRouteResource = z
  .object({
    routeId: z.string(),
    configVersion: z.string().describe('The version that is brought in.'),
    stableVersion: z.string().optional().describe('The version that serves until then; absent for a new route.'),
  })
  .describe('A route that a deployment brings a new version of.');

/** Schema of a phase of a deployment. */
export const phaseResource = z
  .object({
    name: z.string(),
    trafficPercentage: percentage.describe('Share of the candidate.'),
    duration: z.string().describe('Shortest duration of the phase.'),
    mirror: documentSchema(mirrorConfig).optional(),
    analysis: documentSchema(analysisConfig),
    needsApproval: z.boolean(),
    status: z.enum(['Pending', 'AwaitingApproval', 'InProgress', 'Completed', 'Skipped', 'RolledBack']),
    startedAt: timestamp.optional(),
    completedAt: timestamp.optional(),
  })
  .describe('A phase as it was planned, and its outcome.');

/** Schema of the figures of a deployment in short. */
export const deploymentFigures = z
  .object({
    baselineErrorRate: share.describe('Of the stable version.'),
    currentErrorRate: share.describe('Of the candidate.'),
    baselineP99Latency: latency,
    currentP99Latency: latency,
    totalRequests: count.describe('Of both versions.'),
    failedRequests: count.describe('Of both versions.'),
  })
  .describe('The figures since the phase began, in short.');

const step = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('warming'), since: timestamp }),
    z.object({ kind: z.literal('settling') }),
    z.object({ kind: z.literal('serving') }),
    z.object({
      kind: z.literal('rolling'),
      done: z.array(z.string()).describe('Nodes that run the candidate and were found right.'),
      turning: z
        .array(z.object({ nodeId: z.string(), stage: z.enum(['draining', 'verifying']), since: timestamp }))
        .describe('Nodes that change now.'),
    }),
  ])
  .describe('What happens within the phase.');

const { phases: _phases, ...settings } = documentSchema(deploymentSettings).shape;

/** Schema of a deployment as it is answered. */
export const deploymentResource = z
  .object({
    deploymentId: z.string(),
    routeId: z.string().describe('The first of its routes.'),
    configVersion: z.string().describe('The version of that one.'),
    routes: z.array(deployedRouteResource),
    ...settings,
    status: deploymentStatus,
    approvalStatus: z.enum(['NotRequired', 'Pending', 'Approved', 'Rejected']),
    approvedBy: z.string().optional().describe('Who approved, or rejected.'),
    approvedAt: timestamp.optional(),
    approvalReason: z.string().optional(),
    phases: z.array(phaseResource),
    currentPhaseIndex: z.int().min(-1).describe('-1 before the first.'),
    step: step.optional(),
    trafficSplit: z.object({ stablePercentage: percentage, canaryPercentage: percentage }),
    metrics: deploymentFigures.nullable().describe('null before there are any.'),
    verdict: verdictResource.optional().describe('The latest judgement.'),
    waitingFor: z.string().optional().describe('What it waits for, in one sentence.'),
    paused: z
      .object({ at: timestamp, by: z.string().optional(), reason: z.string(), asks: z.boolean() })
      .optional()
      .describe('asks: a person has to decide.'),
    createdBy: z.string(),
    createdByKind: z.enum(['user', 'apiKey', 'file', 'system']),
    createdAt: timestamp,
    updatedAt: timestamp,
    startedAt: timestamp.optional(),
    completedAt: timestamp.optional().describe('When it ended, with whatever outcome.'),
    rolledBackAt: timestamp.optional(),
    rollbackReason: z.string().optional(),
    endedBy: z.string().optional(),
    supersededBy: z.string().optional().describe('The deployment that took its place.'),
    supersedes: z.array(z.string()).optional(),
    failureSeenAt: timestamp.optional().describe('When the failure that it was rolled back for was first seen.'),
    warnings: warningsField,
    isPlain: z.boolean().describe('true: a plain change of a route, recorded; there is nothing to act on.'),
  })
  .describe('A deployment.');

/** Schema of a single deployment as it is answered. */
export const deploymentWithRoutes = deploymentResource
  .extend({
    routes: z.array(
      deployedRouteResource.extend({
        candidate: jsonObject.describe('The whole new version of the route.'),
        stable: jsonObject
          .optional()
          .describe('The whole route as it serves now; absent for a new route, and once the deployment has ended.'),
        base: jsonObject
          .optional()
          .describe(
            'The whole route as it served when the deployment was asked for, while that is not what serves now.',
          ),
      }),
    ),
  })
  .describe('A deployment with both versions of its routes.');

/** Schema of a page of deployments. */
export const deploymentList = z
  .object({ deployments: z.array(deploymentResource), ...pageFields })
  .describe('A page of the deployments, the newest first.');

/** Schema of the figures of a deployment. */
export const deploymentMetrics = z
  .object({
    deploymentId: z.string(),
    status: deploymentStatus,
    currentPhase: z.string().nullable().describe('Its name; null before the first.'),
    currentPhaseIndex: z.int().min(-1),
    trafficSplit: z.object({ stablePercentage: percentage, canaryPercentage: percentage }),
    metrics: z
      .object({
        at: timestamp,
        timeWindow: z.string().describe('The period that stable and canary cover.'),
        ...sides,
        phase: z.object(sides).describe('The same since the phase began.'),
        comparison: z
          .object({
            errorRateDelta: z.number().describe('Of the candidate less that of the stable version, in the window.'),
            p99LatencyDelta: z.number().describe('The same of the latency, in milliseconds.'),
            shouldRollback: z.boolean(),
            verdict: verdictField,
            explanation: z.string().describe('One sentence.'),
            checks: z.array(checkResource),
            gates: z.array(gateResource),
            stillOpen: stillOpen.optional(),
            differences: z
              .array(differenceResource)
              .describe('Both versions since the phase began: the report of an A/B test.'),
          })
          .describe('The comparison of both versions.'),
      })
      .nullable()
      .describe('null before there are any; the last ones when it has ended.'),
  })
  .describe('The figures of a deployment, of this moment.');

/** A deployment as it is answered. */
export type DeploymentResource = z.output<typeof deploymentResource>;
/** A single deployment as it is answered. */
export type DeploymentWithRoutes = z.output<typeof deploymentWithRoutes>;
/** The figures of a deployment. */
export type DeploymentMetrics = z.output<typeof deploymentMetrics>;
