import { z } from 'zod';
import { nodeDependency } from './dependency-health.ts';
import { logLevels } from '../config/logging-config.ts';
import { awayChoices } from '../config/rate-limit-config.ts';
import type { Immutable } from '../documents/immutable.ts';
import { revisionNumber, timestamp } from '../documents/revision-fields.ts';
import { line, oneLine, reportedLine } from '../values/text.ts';
import { versionCounts } from '../documents/version-counts.ts';

/** Why a node sends a backend nothing. */
export const restingBackend = {
  status: z.enum(['Unhealthy', 'Draining']),
  until: timestamp.optional().describe('Until when, if failing requests have put it aside or opened its circuit.'),
  reason: reportedLine(500).optional().describe('The failure that did it.'),
};

const unhealthyBackend = z.object({ backendId: oneLine.max(257), ...restingBackend });

const nodeFault = z.object({
  routeId: oneLine.max(128),
  backend: oneLine.max(128).optional().describe('Its name; absent when it is the route as a whole.'),
  isCandidate: z.boolean().describe('It is in the candidate of a deployment.'),
  reason: reportedLine(500),
});

const redisAway = z.object({
  reason: reportedLine(500),
  whenRedisIsAway: z.enum(awayChoices).describe('What limits of scope global do meanwhile.'),
  liveNodes: z.int().min(1).describe('Nodes as Redis last knew them: by so many a localShare is divided.'),
});

const nodeLoad = z.object({
  requestsPerSecond: z.number().min(0),
  activeRequests: z.number().min(0),
  activeConnections: z.number().min(0),
  cpu: z.number().min(0).describe('Cores in use.'),
  memoryBytes: z.number().min(0),
});

const refusedRevision = z.object({ revision: revisionNumber, problems: z.array(reportedLine(8192)).max(1000) });

const routeStatistics = z.object({
  routeId: oneLine.max(128),
  requests: z.number().min(0),
  failures: z.number().min(0),
  p50: z.number().min(0),
  p95: z.number().min(0),
  p99: z.number().min(0),
});

const backendStatistics = z.object({
  backendId: oneLine.max(257),
  requests: z.number().min(0),
  failures: z.number().min(0),
  activeRequests: z.number().min(0).describe('At its address, of all routes.'),
  checkedAt: timestamp.optional().describe('Of its last health check.'),
});

const nodeBreaker = z.object({
  routeId: oneLine.max(128),
  backendId: oneLine.max(257),
  state: z.enum(['Open', 'HalfOpen']),
  until: timestamp.optional().describe('Until when it is open.'),
});

const nodeSplit = z.object({
  deploymentId: line(64),
  routeId: oneLine.max(128),
  epoch: z.int().min(0).describe('Counts are those since this epoch began on the node.'),
  stable: versionCounts,
  candidate: versionCounts,
  ready: z.boolean().describe('The candidate is connected, healthy, and answered its smoke requests.'),
  problems: z.array(reportedLine(1000)).max(20).describe('Why it is not ready.'),
});

const keyUse = z.object({ consumerId: line(64), keyId: line(128), at: timestamp });

/** Schema of a report without what was counted; control shows these fields of a node as they are. */
export const nodeStanding = z.object({
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
  refused: refusedRevision.optional().describe('The revision that it would not run, and why.'),
  withheld: z
    .boolean()
    .optional()
    .describe(
      'It keeps what it runs: the store is empty, or older than that, and nobody changed or confirmed it since.',
    ),
  // A node of an earlier version has none.
  faults: z
    .array(nodeFault)
    .max(50)
    .optional()
    .describe('What it cannot run of that revision, which is out of service on it; the rest runs.'),
  redisAway: redisAway.optional().describe('Limits over all nodes are not counted in Redis on this node, and why.'),
  // A node of an earlier version has none.
  dependencies: z
    .array(nodeDependency)
    .max(100)
    .optional()
    .describe('Redis, if limits need it, and the key sets of routes, as this node reaches them.'),
  logLevel: z
    .object({ level: z.enum(logLevels), until: timestamp.optional() })
    .optional()
    .describe('The level of its log, while somebody has asked for another than that of its configuration.'),
  load: nodeLoad,
  unhealthy: z.array(unhealthyBackend).max(5000).describe('Backends that it sends nothing to.'),
});

const nodeReport = nodeStanding.extend({
  routes: z.array(routeStatistics).max(2000).describe('What it counted on routes since it started.'),
  // A node of an earlier version has none of the following.
  backends: z.array(backendStatistics).max(2000).default([]).describe('What it counted on backends since it started.'),
  breakers: z.array(nodeBreaker).max(1000).default([]).describe('Circuit breakers that are not closed.'),
  latencies: versionCounts.shape.latencies.default([]).describe('How long requests of the last minute took.'),
  keyUses: z.array(keyUse).max(1000).default([]).describe('Keys of consumers of control that were used lately.'),
  splits: z.array(nodeSplit).max(512).default([]).describe('What it counted on both versions of deployed routes.'),
});

/** Schema of a report as it arrives. Fields of later versions are let be. */
export const nodeReportInput = nodeReport.loose().describe('The state of a node as it says itself.');

/** The state of a node as it says itself. A report replaces the one before; none is owed. */
export type NodeReport = Immutable<z.output<typeof nodeReport>>;

/** Where a node is in its life. */
export type NodeState = NodeReport['state'];

/** Where the configuration that a node runs came from: control, its own disk while control is away, or its own file. */
export type NodeSource = NodeReport['source'];

/** What a node is busy with. */
export type NodeLoad = NodeReport['load'];

/** Why limits over all nodes are not counted in Redis on a node, and what they do meanwhile. */
export type RedisAway = Immutable<z.output<typeof redisAway>>;

/** A backend that a node sends nothing to. */
export type UnhealthyBackend = Immutable<z.output<typeof unhealthyBackend>>;

/** A part of the configuration that a node cannot run; the rest of it runs. Everybody may read the reason. */
export type NodeFault = Immutable<z.output<typeof nodeFault>>;

/** What a node counted on one route since the node started; latencies in milliseconds. */
export type RouteStatistics = Immutable<z.output<typeof routeStatistics>>;

/** What a node counted on one backend since the node started. */
export type BackendStatistics = Immutable<z.output<typeof backendStatistics>>;

/** A circuit breaker of a node that is not closed. */
export type NodeBreaker = Immutable<z.output<typeof nodeBreaker>>;

/** Durations as pairs of bucket and count; buckets ascend. */
export type Latencies = NodeReport['latencies'];

/** When a key of a consumer was used last, as a node saw it. */
export type KeyUseReport = Immutable<z.output<typeof keyUse>>;

/** A revision that the gateway of a node would not run, and why. */
export type RefusedRevision = Immutable<z.output<typeof refusedRevision>>;

/** What a node counted on both versions of a route that a deployment is changing, since the epoch began on it. */
export type NodeSplit = Immutable<z.output<typeof nodeSplit>>;
