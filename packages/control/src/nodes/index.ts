export type { ChangeFeed } from './change-feed.ts';
export type { BackendHealth, NodeView, RouteTotals } from './node-view.ts';
