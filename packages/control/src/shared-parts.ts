import type { GatewayConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { clusterKey, createProcessBus, openRedisBus } from './bus/index.ts';
import type { Bus } from './bus/index.ts';
import { createProcessLock, createStoreLock } from './lock/index.ts';
import type { Lock } from './lock/index.ts';
import type { Store } from './store/index.ts';

/** What the processes of one installation share beside the store. */
export interface SharedParts {
  readonly bus: Bus;
  readonly lock: Lock;
  /** What nodes check announcements of revisions with; undefined where nothing is announced outside the process. */
  readonly announcementKey: string | undefined;
  /** Gives up the connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Connects to Redis when it is configured: without it announcements stay within the process. What must have one holder is
 * settled in the store, where that is shared: whoever can write to Redis must not decide who leads. Resolves at once, also
 * when Redis is down. Rejects when the address or the library is not usable.
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
      : await openRedisBus({ url: redis.url, log, keyOf });
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

/** A store in memory or in a SQLite file is used by one control plane alone: see claim-store.ts. */
function lockOf(store: Store): Lock {
  return store.kind === 'memory' || store.kind === 'sqlite' ? createProcessLock() : createStoreLock({ store });
}
