import type { NodeFault, NodeReport, UnhealthyBackend } from '@sluice/model';
import type { SplitStanding } from './split-ledger.ts';

/** A node as control sees it: its last report, without what it counted, and what control makes of it. */
export type NodeView = Omit<NodeReport, 'routes' | 'splits'> & {
  /** Seconds since the last report arrived, by the clock of control. */
  readonly age: number;
  /** Heard of within the last 15 seconds. */
  readonly live: boolean;
  /** It runs the current revision. */
  readonly acknowledged: boolean;
  /** What a person should look at, in words; empty when all is well. */
  readonly problems: readonly string[];
};

/** What all nodes together counted on a route, as long as this process has heard of them. */
export interface RouteTotals {
  readonly requests: number;
  readonly failures: number;
  /** Milliseconds; of the slowest live node, because percentiles cannot be added up. 0 when those that knew are gone. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What the live nodes say of a backend. */
export interface BackendHealth {
  /** The worst that a live node says; Unknown when no live node knows it. */
  readonly status: 'Unknown' | 'Healthy' | 'Unhealthy' | 'Draining';
  /** The live nodes that send it nothing. */
  readonly nodes: readonly ({ readonly nodeId: string } & Omit<UnhealthyBackend, 'backendId'>)[];
}

/** A node, and how it stands with a deployment. */
export interface SplitNode extends SplitStanding, Pick<NodeReport, 'nodeId' | 'revision' | 'state'> {
  /** Heard of within the last 15 seconds. */
  readonly live: boolean;
  /** What it cannot run of its revision. */
  readonly faults: readonly NodeFault[];
}
