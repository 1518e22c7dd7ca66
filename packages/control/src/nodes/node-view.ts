import type { NodeBreaker, NodeFault, NodeReport, UnhealthyBackend } from '@sluice/model';
import type { SplitStanding } from './split-ledger.ts';

/** A node as control sees it: its last report without the counts, and what control concludes from it. */
export type NodeView = Omit<NodeReport, 'routes' | 'backends' | 'breakers' | 'latencies' | 'splits' | 'keyUses'> & {
  /** Seconds since the last report arrived, by the clock of control. */
  readonly age: number;
  /** It reported within the last 15 seconds. */
  readonly live: boolean;
  /** It runs the current revision. */
  readonly acknowledged: boolean;
  /** What a person should look at, in words; empty when all is well. */
  readonly problems: readonly string[];
};

/** What all nodes together counted on a route since this process started. */
export interface RouteTotals {
  readonly requests: number;
  readonly failures: number;
  /** In milliseconds, of the slowest live node, since percentiles cannot be added. 0 when no node knows. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What all nodes together counted on a backend since this process started. */
export interface BackendTotals {
  readonly requests: number;
  readonly failures: number;
  /** At its address, on the live nodes. */
  readonly activeRequests: number;
  /** When a live node checked its health last. */
  readonly checkedAt: string | undefined;
}

/** A circuit breaker that is not closed on some live nodes. */
export interface TrippedBreaker {
  readonly routeId: string;
  readonly backendId: string;
  /** The worst of any node. */
  readonly state: NodeBreaker['state'];
  /** The latest of any node. */
  readonly until?: string | undefined;
  readonly nodes: readonly string[];
}

/** What the live nodes say of a backend. */
export interface BackendHealth {
  /** The worst that a live node says; Unknown when no live node knows it. */
  readonly status: 'Unknown' | 'Healthy' | 'Unhealthy' | 'Draining';
  /** The live nodes that send it no requests. */
  readonly nodes: readonly ({ readonly nodeId: string } & Omit<UnhealthyBackend, 'backendId'>)[];
}

/** How a node stands with a deployment. */
export interface SplitNode extends SplitStanding, Pick<NodeReport, 'nodeId' | 'revision' | 'state'> {
  /** It reported within the last 15 seconds. */
  readonly live: boolean;
  /** What it cannot run of its revision. */
  readonly faults: readonly NodeFault[];
}
