export type { RedisProbe } from './probe-redis.ts';
export { probeRedis } from './probe-redis.ts';
