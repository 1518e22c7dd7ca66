import type { RedisConfig } from '@sluice/model';
import type { RedisClient } from '@sluice/service/redis';
import { GlobalLimits } from './global-limits.ts';
import type { GlobalLimitsOptions } from './global-limits.ts';

/** The main thread logs each change, once for all workers. */
const silent = { info: () => undefined, warn: () => undefined };

type Options = Omit<GlobalLimitsOptions, 'open' | 'prefix' | 'timeoutMs'>;

/** Makes what counts in the Redis of the configuration. Without one it is always away. The library is loaded when a route needs it. */
export function createGlobalLimits(redis: RedisConfig | undefined, options: Options): GlobalLimits {
  const open = async (): Promise<RedisClient> => {
    if (redis === undefined) throw new Error('this node has no redis.url');
    const { openRedisClient } = await import('@sluice/service/redis');
    return openRedisClient('limits', { url: redis.url, log: silent });
  };
  return new GlobalLimits({ ...options, open, prefix: redis?.prefix ?? '', timeoutMs: redis?.timeout ?? 0 });
}
