import type { NodeLoad, NodeReport, NodeState, RouteStatistics, UnhealthyBackend } from '@sluice/model';

/** Who a node is. */
export type NodeIdentity = Pick<NodeReport, 'nodeId' | 'name' | 'version' | 'role'> & {
  /** When the process started, in milliseconds since 1970. */
  readonly startedAt: number;
};

/** What the gateway of a node says about itself at this moment. */
export interface NodeStatus {
  readonly state: NodeState;
  /** Where the node proxies, such as `10.0.0.7:8000`. */
  readonly address?: string | undefined;
  readonly load: NodeLoad;
  /** The backends that get nothing now; 5,000 are reported at most. */
  readonly unhealthy: readonly UnhealthyBackend[];
  /** Those that changed since the last time, or more. */
  readonly routes: readonly RouteStatistics[];
}
