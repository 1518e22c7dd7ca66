import type { VersionCounts } from '../version-counts.ts';

/** Where a node is in its life. */
export type NodeState = 'starting' | 'serving' | 'draining';

/** Where the configuration that a node runs came from: control, its own disk while control is away, or its own file. */
export type NodeSource = 'control' | 'snapshot' | 'file';

/** What a node is busy with. */
export type NodeLoad = {
  readonly requestsPerSecond: number;
  readonly activeRequests: number;
  readonly activeConnections: number;
  /** Cores in use: 1.5 is one and a half. */
  readonly cpu: number;
  readonly memoryBytes: number;
};

/** A backend that a node sends nothing to. */
export type UnhealthyBackend = {
  readonly backendId: string;
  readonly status: 'Unhealthy' | 'Draining';
  /** Until when, if failing requests have put it aside or opened its circuit: ISO 8601. */
  readonly until?: string | undefined;
  /** The failure that did it. */
  readonly reason?: string | undefined;
};

/** A part of the configuration that a node cannot run; the rest of it runs. */
export type NodeFault = {
  readonly routeId: string;
  /** Absent when it is the route as a whole. */
  readonly backend?: string | undefined;
  /** It is in the candidate of a deployment. */
  readonly isCandidate: boolean;
  /** In words that everybody may read. */
  readonly reason: string;
};

/** What a node counted on one route since the node started; latencies in milliseconds. */
export type RouteStatistics = {
  readonly routeId: string;
  readonly requests: number;
  readonly failures: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
};

/** A revision that the gateway of a node would not run, and why. */
export type RefusedRevision = {
  readonly revision: number;
  readonly problems: readonly string[];
};

/** What a node counted on both versions of a route that a deployment is changing, since the epoch began on it. */
export type NodeSplit = {
  readonly deploymentId: string;
  readonly routeId: string;
  readonly epoch: number;
  readonly stable: VersionCounts;
  readonly candidate: VersionCounts;
  /** The candidate is connected, healthy, and answered the smoke requests. */
  readonly ready: boolean;
  /** Why it is not ready, in words; at most 20. */
  readonly problems: readonly string[];
};

/** The state of a node as it says itself. A report replaces the one before; none is owed. */
export type NodeReport = {
  readonly nodeId: string;
  /** Another one with each start of the process: two at once are two processes under one id. */
  readonly instanceId: string;
  /** Counts the reports of the instance: one that was overtaken on its way is ignored. */
  readonly sequence: number;
  readonly name: string;
  readonly version: string;
  readonly role: 'all' | 'gateway';
  /** Where the node proxies, such as `10.0.0.7:8000`. */
  readonly address?: string | undefined;
  /** ISO 8601, by the clock of the node, as all times here. */
  readonly startedAt: string;
  readonly at: string;
  readonly state: NodeState;
  /** The deployment that it drains for, to serve on afterwards; absent when it does not, or ends. */
  readonly drainsFor?: string | undefined;
  readonly source: NodeSource;
  /** The revision that runs; 0 before the first. */
  readonly revision: number;
  /** The history that the revision belongs to; absent before the first, and with a file as the source. */
  readonly lineage?: string | undefined;
  /** When the revision began to run; absent before the first. */
  readonly appliedAt?: string | undefined;
  readonly refused?: RefusedRevision | undefined;
  /** It keeps what it runs, since the store is empty or older than that, until somebody changes or confirms the store. */
  readonly withheld?: boolean | undefined;
  /** What it cannot run of that revision; at most 50. A node of an earlier version has none. */
  readonly faults?: readonly NodeFault[] | undefined;
  readonly load: NodeLoad;
  /** At most 5,000. */
  readonly unhealthy: readonly UnhealthyBackend[];
  /** At most 2,000: those that changed since the last report, then some of the others in turn. */
  readonly routes: readonly RouteStatistics[];
  /** Those that run now. */
  readonly splits: readonly NodeSplit[];
};
