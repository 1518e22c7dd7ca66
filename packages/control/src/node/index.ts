export type { ChangesRequest, ControlLink, LinkFailure } from './control-link.ts';
export { LinkError } from './control-link.ts';
export type { NodeChanges, NodeCommand } from './node-changes.ts';
export type {
  NodeLoad,
  NodeReport,
  NodeSource,
  NodeState,
  RefusedRevision,
  RouteStatistics,
  UnhealthyBackend,
} from './node-report.ts';
