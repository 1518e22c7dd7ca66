export { openRedisClient, redisPrefix, requireRedisLibrary } from './redis-client.ts';
export type { RedisAddress } from './redis-address.ts';
export { redisAddress } from './redis-address.ts';
export type { RedisClient, RedisOptions } from './redis-options.ts';
export type { RedisProbe } from './probe-redis.ts';
export { probeRedis } from './probe-redis.ts';
