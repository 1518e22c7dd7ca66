import { z } from 'zod';
import { restingBackend } from './backend-resource.ts';
import { jsonObject, pageFields, revisionNumber, timestamp } from './fields.ts';
import { line, oneLine, reportedLine } from '../text.ts';

const backendId = oneLine.max(257);

const reported = {
  nodeId: line(256),
  instanceId: line(128).describe('Another one with each start of the process.'),
  sequence: z.int().min(0).describe('Counts the reports of the instance.'),
  name: oneLine.max(256),
  version: oneLine.max(128),
  role: z.enum(['all', 'gateway']),
  address: oneLine.max(256).optional().describe('Where it proxies.'),
  startedAt: timestamp,
  at: timestamp.describe('By the clock of the node.'),
  state: z.enum(['starting', 'serving', 'draining']),
  drainsFor: oneLine.max(64).optional().describe('The deployment that it drains for, to serve on afterwards.'),
  source: z.enum(['control', 'snapshot', 'file']).describe('Where the configuration that it runs came from.'),
  revision: revisionNumber.describe('The revision that it runs; 0 before the first.'),
  lineage: oneLine.max(128).optional().describe('The history that the revision belongs to.'),
  appliedAt: timestamp.optional(),
  refused: z
    .object({ revision: revisionNumber, problems: z.array(reportedLine(8192)).max(1000) })
    .optional()
    .describe('The revision that it would not run, and why.'),
  withheld: z
    .boolean()
    .optional()
    .describe(
      'It keeps what it runs: the store is empty, or older than that, and nobody changed or confirmed it since.',
    ),
  faults: z
    .array(
      z.object({
        routeId: oneLine.max(128),
        backend: oneLine.max(128).optional().describe('Its name; absent when it is the route as a whole.'),
        isCandidate: z.boolean().describe('It is in the candidate of a deployment.'),
        reason: reportedLine(500),
      }),
    )
    .max(50)
    .optional()
    .describe('What it cannot run of that revision, which is out of service on it; the rest runs.'),
  load: z.object({
    requestsPerSecond: z.number().min(0),
    activeRequests: z.number().min(0),
    activeConnections: z.number().min(0),
    cpu: z.number().min(0).describe('Cores in use.'),
    memoryBytes: z.number().min(0),
  }),
  unhealthy: z
    .array(z.object({ backendId, ...restingBackend }))
    .max(5000)
    .describe('Backends that it sends nothing to.'),
};

const counted = z.int().min(0);

const latencyBucket = z.tuple([z.int().min(0).max(247), counted]);

const versionCounts = z.object({
  requests: counted.describe('Answered by a backend, or failed because of one.'),
  failures: counted.describe('Of these, failed.'),
  clientErrors: counted.describe('Of these, answered with 4xx by a backend.'),
  aborted: counted.describe('Ended by the client; counted nowhere else.'),
  rejected: counted.describe('Turned away by the gateway; counted nowhere else.'),
  inFlight: counted.optional().describe('Under way at this moment.'),
  latencies: z.array(latencyBucket).max(248).describe('Pairs of bucket and count; buckets ascend.'),
});

const nodeSplit = z.object({
  deploymentId: line(64),
  routeId: oneLine.max(128),
  epoch: counted.describe('Counts are those since this epoch began on the node.'),
  stable: versionCounts,
  candidate: versionCounts,
  ready: z.boolean().describe('The candidate is connected, healthy, and answered its smoke requests.'),
  problems: z.array(reportedLine(1000)).max(20).describe('Why it is not ready.'),
});

/** Schema of the state of a node as it says itself. Fields of later versions are let be. */
export const nodeReportInput = z
  .looseObject({
    ...reported,
    routes: z
      .array(
        z.object({
          routeId: oneLine.max(128),
          requests: z.number().min(0),
          failures: z.number().min(0),
          p50: z.number().min(0),
          p95: z.number().min(0),
          p99: z.number().min(0),
        }),
      )
      .max(2000)
      .describe('What it counted on routes since it started.'),
    // A node of an earlier version has none.
    splits: z.array(nodeSplit).max(512).default([]).describe('What it counted on both versions of deployed routes.'),
  })
  .describe('The state of a node as it says itself.');

/** Schema of a node as control sees it. */
export const nodeResource = z
  .object({
    ...reported,
    age: z.number().min(0).describe('Seconds since its last report.'),
    live: z.boolean().describe('Heard of within the last 15 seconds.'),
    acknowledged: z.boolean().describe('It runs the current revision.'),
    problems: z.array(z.string()).describe('What a person should look at.'),
  })
  .describe('A node as the control plane sees it.');

/** Schema of a page of nodes. */
export const nodeList = z
  .object({
    revision: revisionNumber.describe('The current revision.'),
    converged: z.boolean().describe('Every live node runs the current revision.'),
    nodes: z.array(nodeResource),
    ...pageFields,
  })
  .describe('A page of the nodes, ordered by nodeId.');

/** Schema of what a node is told. */
export const nodeChanges = z
  .object({
    revision: revisionNumber,
    lineage: z.string().describe('Names the history that revision numbers belong to.'),
    revisionAt: timestamp.optional().describe('When the revision was made, or was confirmed to be the right one.'),
    withheld: z
      .boolean()
      .optional()
      .describe('The store is empty, or older than what the node runs: the node keeps that for now.'),
    whole: z.boolean().describe('Everything is there, and what is not there does not exist.'),
    routes: z.array(jsonObject),
    backends: z.array(jsonObject),
    removedRoutes: z.array(z.string()),
    removedBackends: z.array(z.string()),
    commands: z.array(
      z.object({ id: z.string(), kind: z.enum(['checkHealth']), backendIds: z.array(z.string()).optional() }),
    ),
    announcementKey: z.string().optional().describe('What announcements by Redis are checked with.'),
  })
  .describe('The way from the revision of the node to the current one, and commands.');

/** A node as control sees it. */
export type NodeResource = z.output<typeof nodeResource>;
