import type {
  BackendStatistics,
  Latencies,
  NodeBreaker,
  NodeDependency,
  NodeLoad,
  NodeReport,
  NodeState,
  RedisAway,
  RouteStatistics,
  UnhealthyBackend,
} from '@sluice/model';

/** Who a node is. */
export type NodeIdentity = Pick<NodeReport, 'nodeId' | 'name' | 'version' | 'role'> & {
  /** When the process started, in milliseconds since 1970. */
  readonly startedAt: number;
};

/** What a node reports of its gateway. */
export interface NodeStatus {
  readonly state: NodeState;
  /** Where the node proxies, such as `10.0.0.7:8000`. */
  readonly address?: string | undefined;
  readonly load: NodeLoad;
  /** While Redis is away and limits need it. */
  readonly redisAway?: RedisAway | undefined;
  /** The servers that the gateway relies on; a report has 100 at most. */
  readonly dependencies?: readonly NodeDependency[] | undefined;
  /** The backends that get no requests now; a report has 5,000 at most. */
  readonly unhealthy: readonly UnhealthyBackend[];
  /** At least those that changed since the last time. */
  readonly routes: readonly RouteStatistics[];
  /** At least those that changed since the last time. */
  readonly backends: readonly BackendStatistics[];
  /** The circuit breakers that are not closed; a report has 1,000 at most. */
  readonly breakers: readonly NodeBreaker[];
  /** How long requests of the last minute took. */
  readonly latencies: Latencies;
}
