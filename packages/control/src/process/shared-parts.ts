import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { clusterKey, createProcessBus, openRedisBus } from '../bus/index.ts';
import type { Bus } from '../bus/index.ts';
import { createProcessLock, createStoreLock } from '../lock/index.ts';
import type { Lock } from '../lock/index.ts';
import type { Store } from '../store/index.ts';

/** What the control processes of one installation share besides the store. */
export interface SharedParts {
  readonly bus: Bus;
  readonly lock: Lock;
  /** The key by which nodes check announcements of revisions; undefined where nothing is announced outside the process. */
  readonly announcementKey: string | undefined;
  /** Closes the connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Connects to Redis when it is configured; without Redis, announcements stay within the process. Leaders are elected in the
 * store, because nobody who can write to Redis may decide who leads. Resolves at once, even while Redis is down. Rejects when
 * the address of Redis is wrong or its library is missing.
 */
export async function openSharedParts(
  { redis }: Pick<GatewayConfig, 'redis'>,
  store: Store,
  log: Logger,
): Promise<SharedParts> {
  const keyOf = redis?.url === undefined ? undefined : await clusterKey(store);
  const bus =
    redis?.url === undefined || keyOf === undefined
      ? createProcessBus({ log })
      : await openRedisBus({ url: redis.url, prefix: redis.prefix, log, keyOf });
  const lock = lockOf(store);
  return {
    bus,
    lock,
    announcementKey: keyOf?.('revision').toString('base64url'),
    async close() {
      await bus.close();
      await lock.close();
    },
  };
}

function lockOf(store: Store): Lock {
  return store.isShared ? createStoreLock({ store }) : createProcessLock();
}
