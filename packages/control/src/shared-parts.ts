import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { createProcessBus, openRedisBus } from './bus/index.ts';
import type { Bus } from './bus/index.ts';
import { createProcessLock, createStoreLock, openRedisLock } from './lock/index.ts';
import type { Lock } from './lock/index.ts';
import type { Store } from './store/index.ts';

/** What the processes of one installation share beside the store. */
export interface SharedParts {
  readonly bus: Bus;
  readonly lock: Lock;
  /** Gives up the connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Connects to Redis when it is configured. Without it announcements stay within the process, and what must have one holder
 * is settled in the store, where that is shared. Resolves at once, also when Redis is down. Rejects when the address or the
 * library is not usable.
 */
export async function openSharedParts(
  { redis }: Pick<GatewayConfig, 'redis'>,
  store: Store,
  log: Logger,
): Promise<SharedParts> {
  const options = redis?.url === undefined ? undefined : { url: redis.url, log };
  const bus = options === undefined ? createProcessBus({ log }) : await openRedisBus(options);
  const lock = options === undefined ? lockWithoutRedis(store) : await openRedisLock(options);
  return {
    bus,
    lock,
    async close() {
      await bus.close();
      await lock.close();
    },
  };
}

/** A store in memory or in a SQLite file is used by one control plane alone: see claim-store.ts. */
function lockWithoutRedis(store: Store): Lock {
  return store.kind === 'memory' || store.kind === 'sqlite' ? createProcessLock() : createStoreLock({ store });
}
