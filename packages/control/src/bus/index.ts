export type { Bus, BusCounts, BusListener } from './bus.ts';
export type { KeyOfTopic } from './cluster-key.ts';
export { clusterKey, clusterKeys } from './cluster-key.ts';
export { createProcessBus } from './process-bus.ts';
export type { RedisBusOptions } from './redis-bus.ts';
export { openRedisBus } from './redis-bus.ts';
