import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openRedisClient, redisPrefix } from '../redis/redis-client.ts';
import type { RedisClient, RedisOptions } from '../redis/redis-client.ts';
import type { AcquireOptions, Lease, Lock } from './lock.ts';
import { LockUnavailableError } from './lock.ts';
import { acquireScript, releaseScript, renewScript } from './redis-scripts.ts';

/** Settings of a lock in Redis. */
export interface RedisLockOptions extends RedisOptions {
  /** Longest wait for an answer, in milliseconds; a second by default. Well below the time that names are held. */
  readonly timeoutMs?: number;
}

/**
 * A lock in one Redis. Resolves at once, also when Redis is down, and reconnects for ever. A Redis that loses its data
 * lets a second holder in: tokens are there to fence off the first. Rejects with a RedisAddressError or a
 * RedisLibraryMissingError.
 */
export async function openRedisLock(options: RedisLockOptions): Promise<Lock> {
  const client = await openRedisClient('lock', options);
  const ask = createAsk(client, options.timeoutMs ?? 1_000);
  return {
    acquire: (name, how) => acquire(ask, name, how),
    close() {
      client.destroy();
      return Promise.resolve();
    },
  };
}

/** Runs a script; rejects with a LockUnavailableError. */
type Ask = (script: string, keys: readonly string[], values: readonly (string | number)[]) => Promise<number>;

async function acquire(ask: Ask, name: string, { ttlMs, above = 0 }: AcquireOptions): Promise<Lease | undefined> {
  // In braces: one slot of a cluster, as one script uses both.
  const [key, counter] = [`${redisPrefix}lock:{${name}}`, `${redisPrefix}token:{${name}}`];
  const holder = randomUUID();
  try {
    const token = await ask(acquireScript, [key, counter], [holder, ttlMs, above]);
    return token === 0 ? undefined : new RedisLease(ask, { key, holder, token, ttlMs });
  } catch (error) {
    // It may have been taken without our knowing. Asked on the same connection, so it comes after.
    ask(releaseScript, [key], [holder]).catch(() => undefined);
    throw error;
  }
}

interface Held {
  readonly key: string;
  readonly holder: string;
  readonly token: number;
  readonly ttlMs: number;
}

class RedisLease implements Lease {
  readonly token: number;
  lost = false;
  readonly #ask: Ask;
  readonly #held: Held;

  constructor(ask: Ask, held: Held) {
    this.token = held.token;
    this.#ask = ask;
    this.#held = held;
  }

  async renew(): Promise<boolean> {
    if (this.lost) return false;
    const { key, holder, ttlMs } = this.#held;
    try {
      const renewed = (await this.#ask(renewScript, [key], [holder, ttlMs])) === 1;
      this.lost ||= !renewed;
      return renewed && !this.lost;
    } catch (error) {
      if (error instanceof LockUnavailableError) return false;
      throw error;
    }
  }

  async release(): Promise<void> {
    this.lost = true;
    const { key, holder } = this.#held;
    try {
      await this.#ask(releaseScript, [key], [holder]);
    } catch (error) {
      // It runs out by itself.
      if (!(error instanceof LockUnavailableError)) throw error;
    }
  }
}

function createAsk(client: RedisClient, timeoutMs: number): Ask {
  return async (script, keys, values) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      // Nothing is asked later than the caller waits: a lock taken by then would be nobody's.
      if (!client.isReady) await once(client, 'ready', { signal });
      return Number(await within(signal, client.eval(script, { keys: [...keys], arguments: values.map(String) })));
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
      throw new LockUnavailableError(`the lock in Redis is not available: ${reason}`, { cause: error });
    }
  };
}

function within<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    answer.then(resolve, reject);
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An attempt at both addresses of `localhost` fails with an AggregateError, which has a code but no message.
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
