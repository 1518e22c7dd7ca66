export { openRedisClient, redisPrefix } from './redis-client.ts';
export type { RedisClient, RedisOptions } from './redis-options.ts';
export type { RedisProbe } from './probe-redis.ts';
export { probeRedis } from './probe-redis.ts';
