import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { createProcessBus, openRedisBus } from './bus/index.ts';
import type { Bus } from './bus/index.ts';
import { createProcessLock, openRedisLock } from './lock/index.ts';
import type { Lock } from './lock/index.ts';

/** What the processes of one installation share beside the store. */
export interface SharedParts {
  readonly bus: Bus;
  readonly lock: Lock;
  /** Gives up the connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Connects to Redis when it is configured; otherwise everything stays within the process. Resolves at once, also when
 * Redis is down. Rejects when the address or the library is not usable.
 */
export async function openSharedParts({ redis }: Pick<GatewayConfig, 'redis'>, log: Logger): Promise<SharedParts> {
  const options = redis?.url === undefined ? undefined : { url: redis.url, log };
  const bus = options === undefined ? createProcessBus({ log }) : await openRedisBus(options);
  const lock = options === undefined ? createProcessLock() : await openRedisLock(options);
  return {
    bus,
    lock,
    async close() {
      await bus.close();
      await lock.close();
    },
  };
}
