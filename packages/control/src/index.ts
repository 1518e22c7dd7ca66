export { defineCollection } from './store/collections.ts';
export type { RedisProbe } from './redis/index.ts';
export { probeRedis } from './redis/index.ts';
export type { PendingMigration } from './store/index.ts';
export { pendingMigrations } from './store/index.ts';
export { allCollections } from './store-collections.ts';
