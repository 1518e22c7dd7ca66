export { ConsumerFeed } from './consumer-feed.ts';
export type { ChangeFeed } from './change-feed.ts';
export { createLocalConnection } from './local-connection.ts';
export type { NodeHub, NodeHubOptions } from './node-hub.ts';
export { createNodeHub } from './node-hub.ts';
export type { NodeRegistry, NodeRegistryOptions } from './node-registry.ts';
export { createNodeRegistry } from './node-registry.ts';
export type { BackendHealth, BackendTotals, NodeView, RouteTotals, SplitNode, TrippedBreaker } from './node-view.ts';
export { faultText } from './node-record.ts';
