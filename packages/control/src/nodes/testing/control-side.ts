export { ConsumerFeed } from '../consumer-feed.ts';
/** What a node meets on the other side, for the tests of nodes. */
export type { Bus } from '../../bus/bus.ts';
export { createProcessBus } from '../../bus/process-bus.ts';
export { createLocalConnection, createNodeHub, createNodeRegistry } from '../index.ts';
