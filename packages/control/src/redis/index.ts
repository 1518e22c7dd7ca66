export type { RedisAddress } from './redis-address.ts';
export { redisAddress, RedisAddressError } from './redis-address.ts';
export type { RedisProbe } from './probe-redis.ts';
export { probeRedis } from './probe-redis.ts';
export { RedisLibraryMissingError } from './redis-client.ts';
