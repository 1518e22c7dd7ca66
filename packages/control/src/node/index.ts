export { openRedisBus } from '../bus/redis-bus.ts';
export type { AppliedConfiguration, ApplyOutcome } from './applied-configuration.ts';
export type { Clock } from './clock.ts';
export type { ChangesRequest, ControlLink, LinkFailure } from './control-link.ts';
export { LinkError } from './control-link.ts';
export { ControlUrlError } from './control-url.ts';
export type { HttpLinkOptions } from './http-link.ts';
export { createHttpLink } from './http-link.ts';
export { LinkTls, readTlsFiles } from './tls-files.ts';
export { nodeKey } from './node-key.ts';
export type { AgentStatus, NodeAgent, NodeAgentOptions } from './node-agent.ts';
export { createNodeAgent } from './node-agent.ts';
export type { NodeChanges, NodeCommand } from './node-changes.ts';
export type { NodeFacts, NodeIdentity } from './node-facts.ts';
export type {
  NodeLoad,
  NodeReport,
  NodeSource,
  NodeFault,
  NodeSplit,
  NodeState,
  RefusedRevision,
  RouteStatistics,
  UnhealthyBackend,
} from './node-report.ts';
